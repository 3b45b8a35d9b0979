package org.apache.flink.client.python;

/** A server for the PyFlink of many processes, one after the other. Flink's own server ends with the first of them. */
public final class WarmGateway {
    /** Print the port, and end with the standard input. */
    public static void main(String[] arguments) throws Exception {
        System.out.println(PythonEnvUtils.startGatewayServer().getListeningPort());
        System.out.flush();
        while (System.in.read() >= 0) {
            continue;
        }
        System.exit(0);
    }
}
