package penstock.mongodb;

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientSettings;
import com.mongodb.MongoCredential;
import com.mongodb.MongoException;
import com.mongodb.WriteConcern;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.ReadableConfig;
import penstock.ConnectorFailure;
import penstock.Secrets;
import penstock.TrustedCertificates;

/**
 * A server, or the members of a replica set or a sharded cluster: {@code mongodb://host:port,host:port/database} without a login.
 *
 * <p>{@code login} holds {@code user}, {@code password} and {@code database}; the first two may be references to secrets. {@code ca} is a
 * PEM file with CA certificates, or null to trust those of the Java runtime.
 */
record MongoServer(String url, Map<String, String> login, boolean tls, String ca) implements Serializable {

    static final ConfigOption<String> URL = ConfigOptions.key("url").stringType().noDefaultValue();
    static final ConfigOption<Map<String, String>> LOGIN = ConfigOptions.key("login").mapType().defaultValue(Map.of());
    static final ConfigOption<Boolean> TLS = ConfigOptions.key("tls").booleanType().defaultValue(false);
    static final ConfigOption<String> CA = ConfigOptions.key("ca").stringType().noDefaultValue();

    private static final int TIMEOUT = 10_000;
    private static final int READ = 60_000;

    static MongoServer of(ReadableConfig options) {
        return new MongoServer(
                options.get(URL), options.get(LOGIN), options.get(TLS), options.getOptional(CA).orElse(null));
    }

    /** The name of the database. */
    String database() {
        return new ConnectionString(url).getDatabase();
    }

    /** Returns a client, which connects when it is used. */
    MongoClient open() throws ConnectorFailure {
        MongoClientSettings.Builder settings = MongoClientSettings.builder()
                .applyConnectionString(new ConnectionString(url))
                .applicationName("penstock")
                .writeConcern(WriteConcern.MAJORITY)
                .applyToClusterSettings(cluster -> cluster.serverSelectionTimeout(TIMEOUT, TimeUnit.MILLISECONDS))
                .applyToSocketSettings(
                        socket -> socket.connectTimeout(TIMEOUT, TimeUnit.MILLISECONDS).readTimeout(READ, TimeUnit.MILLISECONDS));
        if (login.containsKey("user")) {
            settings.credential(
                    MongoCredential.createCredential(
                            Secrets.resolved(login.get("user")),
                            login.get("database"),
                            Secrets.resolved(login.get("password")).toCharArray()));
        }
        if (tls) {
            var context = ca == null ? null : TrustedCertificates.context(Path.of(ca));
            settings.applyToSslSettings(ssl -> {
                ssl.enabled(true);
                if (context != null) {
                    ssl.context(context);
                }
            });
        }
        try {
            return MongoClients.create(settings.build());
        } catch (MongoException e) {
            throw MongoError.of(e);
        }
    }
}
