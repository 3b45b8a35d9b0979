package penstock.rabbitmq;

import com.rabbitmq.client.Address;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.ReadableConfig;
import penstock.ConnectorFailure;
import penstock.Secrets;
import penstock.TrustedCertificates;

/**
 * A broker, or several of them, which are tried in their order: {@code host:port}, separated by commas.
 *
 * <p>{@code login} holds {@code user} and {@code password}, whose values may be references to secrets. {@code ca} is a PEM file with CA
 * certificates, or null to trust those of the Java runtime.
 */
record RabbitBroker(String hosts, String vhost, Map<String, String> login, boolean tls, String ca) implements Serializable {

    static final ConfigOption<String> HOSTS = ConfigOptions.key("hosts").stringType().noDefaultValue();
    static final ConfigOption<String> VHOST = ConfigOptions.key("vhost").stringType().noDefaultValue();
    static final ConfigOption<Map<String, String>> LOGIN = ConfigOptions.key("login").mapType().defaultValue(Map.of());
    static final ConfigOption<Boolean> TLS = ConfigOptions.key("tls").booleanType().defaultValue(false);
    static final ConfigOption<String> CA = ConfigOptions.key("ca").stringType().noDefaultValue();

    private static final int TIMEOUT = 10_000;
    private static final int HEARTBEAT = 20;
    /** The largest message that a broker can be configured for. */
    private static final int LARGEST = 512 << 20;

    static RabbitBroker of(ReadableConfig options) {
        return new RabbitBroker(
                options.get(HOSTS),
                options.get(VHOST),
                options.get(LOGIN),
                options.get(TLS),
                options.getOptional(CA).orElse(null));
    }

    /** Connects. The broker shows the name. */
    Connection open(String name) throws ConnectorFailure {
        ConnectionFactory factory = new ConnectionFactory();
        factory.setVirtualHost(vhost);
        if (login.containsKey("user")) {
            factory.setUsername(Secrets.resolved(login.get("user")));
            factory.setPassword(Secrets.resolved(login.get("password")));
        }
        factory.setAutomaticRecoveryEnabled(false); // whoever uses the connection opens another one, and knows what was lost with this one
        factory.setConnectionTimeout(TIMEOUT);
        factory.setHandshakeTimeout(TIMEOUT);
        factory.setChannelRpcTimeout(TIMEOUT);
        factory.setRequestedHeartbeat(HEARTBEAT);
        factory.setMaxInboundMessageBodySize(LARGEST);
        factory.setThreadFactory(task -> {
            Thread thread = new Thread(task, "penstock-rabbitmq");
            thread.setDaemon(true);
            return thread;
        });
        try {
            if (tls) {
                if (ca == null) {
                    factory.useSslProtocol(javax.net.ssl.SSLContext.getDefault());
                } else {
                    factory.useSslProtocol(TrustedCertificates.context(Path.of(ca)));
                }
                factory.enableHostnameVerification();
            }
            return factory.newConnection(Address.parseAddresses(hosts), name);
        } catch (IOException | TimeoutException | GeneralSecurityException e) {
            throw RabbitError.of(e);
        }
    }

    /** Closes a connection without waiting for the broker for long. */
    static void close(Connection connection) {
        connection.abort(1_000);
    }
}
