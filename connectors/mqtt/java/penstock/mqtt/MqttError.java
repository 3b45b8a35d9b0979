package penstock.mqtt;

import java.io.EOFException;
import java.net.UnknownHostException;
import java.security.GeneralSecurityException;
import java.util.Set;
import javax.net.ssl.SSLException;
import org.eclipse.paho.client.mqttv3.MqttException;
import penstock.ConnectorFailure;
import penstock.ConnectorFailure.Kind;

/** What went wrong, in the words of the broker or of the network. */
final class MqttError {
    /** The broker rejects what the client asks for, and would do so again. */
    private static final Set<Integer> FATAL = Set.of(
            (int) MqttException.REASON_CODE_INVALID_PROTOCOL_VERSION,
            (int) MqttException.REASON_CODE_INVALID_CLIENT_ID,
            (int) MqttException.REASON_CODE_FAILED_AUTHENTICATION,
            (int) MqttException.REASON_CODE_NOT_AUTHORIZED);

    private MqttError() {
    }

    static ConnectorFailure of(Throwable problem) {
        boolean fatal = false;
        Throwable root = problem;
        for (Throwable one = problem; one != null && !(root instanceof SSLException); one = one.getCause()) {
            fatal |= one instanceof MqttException answer && FATAL.contains(answer.getReasonCode());
            fatal |= one.getCause() instanceof GeneralSecurityException;
            root = one;
        }
        return new ConnectorFailure(fatal ? Kind.FATAL : Kind.UNAVAILABLE, text(root), problem);
    }

    private static String text(Throwable root) {
        if (root instanceof EOFException) {
            return "the broker closed the connection: another client may have the same client_id, or the port may need TLS";
        }
        if (root instanceof UnknownHostException) {
            return "unknown host " + root.getMessage();
        }
        return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
    }
}
