package penstock.mqtt;

import java.io.Serializable;
import java.nio.file.Path;
import java.security.NoSuchAlgorithmException;
import java.util.Map;
import javax.net.ssl.SSLContext;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.eclipse.paho.client.mqttv3.MqttAsyncClient;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;
import penstock.ConnectorFailure;
import penstock.Secrets;
import penstock.TrustedCertificates;

/**
 * A broker: {@code tcp://host:port}, or {@code ssl://host:port} for TLS.
 *
 * <p>{@code login} holds {@code user} and {@code password}, whose values may be references to secrets. {@code ca} is a PEM file with CA
 * certificates, or null to trust those of the Java runtime.
 */
record MqttBroker(String url, Map<String, String> login, String ca) implements Serializable {

    static final ConfigOption<String> URL = ConfigOptions.key("url").stringType().noDefaultValue();
    static final ConfigOption<Map<String, String>> LOGIN = ConfigOptions.key("login").mapType().defaultValue(Map.of());
    static final ConfigOption<String> CA = ConfigOptions.key("ca").stringType().noDefaultValue();

    private static final int TIMEOUT = 8;
    private static final int KEEP_ALIVE = 20;

    static MqttBroker of(ReadableConfig options) {
        return new MqttBroker(options.get(URL), options.get(LOGIN), options.getOptional(CA).orElse(null));
    }

    /**
     * Connects, and passes what arrives to the receiver. A client whose session is not {@code clean} continues the session of its id: the
     * broker keeps its subscriptions, and the messages that are not acknowledged.
     */
    Link open(String clientId, boolean clean, Receiver receiver) throws ConnectorFailure {
        MqttConnectOptions options = new MqttConnectOptions();
        options.setMqttVersion(MqttConnectOptions.MQTT_VERSION_3_1_1);
        options.setCleanSession(clean);
        options.setAutomaticReconnect(false); // whoever uses the connection opens another one, and knows what was lost with this one
        options.setConnectionTimeout(TIMEOUT);
        options.setKeepAliveInterval(KEEP_ALIVE);
        if (login.containsKey("user")) {
            options.setUserName(Secrets.resolved(login.get("user")));
            options.setPassword(Secrets.resolved(login.get("password")).toCharArray());
        }
        Link link = null;
        try {
            if (url.startsWith("ssl:")) {
                SSLContext tls = ca == null ? SSLContext.getDefault() : TrustedCertificates.context(Path.of(ca));
                options.setSocketFactory(tls.getSocketFactory());
                options.setHttpsHostnameVerificationEnabled(true);
            }
            MqttAsyncClient client = new MqttAsyncClient(url, clientId, new MemoryPersistence(), new Pings(receiver));
            link = new Link(client, receiver);
            client.setManualAcks(true);
            client.setCallback(receiver.on(client));
            link.connect(options);
            return link;
        } catch (MqttException | NoSuchAlgorithmException e) {
            if (link != null) {
                link.close();
            }
            throw MqttError.of(e);
        }
    }
}
