package penstock;

import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.rpc.RpcSystem;
import org.apache.flink.runtime.rpc.RpcSystemLoader;
import org.apache.flink.runtime.rpc.exceptions.RpcLoaderException;

/**
 * Loads Flink's RPC system from the class path, where `connectors/runtime/class_data.py` puts its jar for runs on this machine.
 *
 * <p>Flink's own loader copies that jar of 24 MB out of another jar at each start, and loads 1,500 classes from the copy that no class
 * archive can hold. Where the class path has no such jar, as on a cluster, Flink uses its own loader.
 */
public final class RpcOnClassPath implements RpcSystemLoader {
    /** Before Flink's own loader, whose priority is 0. */
    @Override
    public int getLoadPriority() {
        return -1;
    }

    @Override
    public RpcSystem loadRpcSystem(Configuration configuration) {
        try {
            Class<?> found = Class.forName("org.apache.flink.runtime.rpc.pekko.PekkoRpcSystem");
            return (RpcSystem) found.getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException problem) {
            throw new RpcLoaderException(problem);
        }
    }
}
