package penstock.http;

import java.io.Serializable;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.data.RowData;
import penstock.ConnectorFailure;
import penstock.Opening;
import penstock.Secrets;
import penstock.TrustedCertificates;

/** Sends requests to one URL. {@code ca} is null to trust the CA certificates of the Java runtime. */
record HttpRequests(
        URI url, String method, Duration timeout, Map<String, String> headers, Map<String, String> login, String ca)
        implements Serializable {

    private static final Duration CONNECT = Duration.ofSeconds(10);

    static final ConfigOption<String> URL = ConfigOptions.key("url").stringType().noDefaultValue();
    static final ConfigOption<Duration> TIMEOUT = ConfigOptions.key("timeout").durationType().noDefaultValue();
    /** A value may be a reference to a secret. */
    static final ConfigOption<Map<String, String>> HEADERS = ConfigOptions.key("headers").mapType().defaultValue(Map.of());
    /** {@code token}, or {@code user} and {@code password}. A value may be a reference to a secret. */
    static final ConfigOption<Map<String, String>> LOGIN = ConfigOptions.key("login").mapType().defaultValue(Map.of());
    /** A PEM file with CA certificates. */
    static final ConfigOption<String> CA = ConfigOptions.key("ca").stringType().noDefaultValue();

    /** Returns the requests of a table with these options, to a path below the URL. */
    static HttpRequests of(ReadableConfig options, String method, String path) {
        return new HttpRequests(
                URI.create(options.get(URL) + path),
                method,
                options.get(TIMEOUT),
                options.get(HEADERS),
                options.get(LOGIN),
                options.getOptional(CA).orElse(null));
    }

    /** An open client, and the headers of each request with their secrets resolved. */
    final class Client {
        private final HttpClient client;
        private final HttpRequest template;

        private Client() throws ConnectorFailure {
            HttpClient.Builder builder =
                    HttpClient.newBuilder().connectTimeout(CONNECT).followRedirects(HttpClient.Redirect.NEVER);
            if (url.getScheme().equals("http")) {
                builder.version(HttpClient.Version.HTTP_1_1);
            }
            HttpRequest.Builder request = HttpRequest.newBuilder(url).timeout(timeout);
            for (Map.Entry<String, String> one : headers.entrySet()) {
                set(request, one.getKey(), Secrets.resolved(one.getValue()));
            }
            if (login.containsKey("token")) {
                set(request, "Authorization", "Bearer " + Secrets.resolved(login.get("token")));
            } else if (login.containsKey("user")) {
                String pair = Secrets.resolved(login.get("user")) + ":" + Secrets.resolved(login.get("password"));
                byte[] encoded = Base64.getEncoder().encode(pair.getBytes(StandardCharsets.UTF_8));
                request.setHeader("Authorization", "Basic " + new String(encoded, StandardCharsets.US_ASCII));
            }
            if (ca != null) {
                builder.sslContext(TrustedCertificates.context(Path.of(ca)));
            }
            client = builder.build();
            template = request.build();
        }

        /**
         * Sends a body. {@code key} is the value of the header Idempotency-Key; null for none. The answer has its body only if the server
         * did not accept the request, or if {@code whole}.
         */
        CompletableFuture<HttpResponse<String>> send(byte[] body, String type, String key, boolean whole) {
            HttpRequest.Builder request = HttpRequest.newBuilder(template, (name, value) -> true);
            request.setHeader("Content-Type", type);
            if (key != null) {
                request.setHeader("Idempotency-Key", key);
            }
            return client.sendAsync(request.method(method, BodyPublishers.ofByteArray(body)).build(),
                    info -> HttpStatus.accepted(info.statusCode())
                            ? whole ? BodySubscribers.ofString(StandardCharsets.UTF_8) : BodySubscribers.replacing("")
                            : new FirstBytes());
        }
    }

    /** Opens the client, and the encoders of its rows. */
    @SafeVarargs
    final Client open(SerializationSchema<RowData>... encoders) throws ConnectorFailure {
        Opening.encoders(encoders);
        return new Client();
    }

    /** Sets a header. The error of Java would show its value, which may be a secret. */
    private static void set(HttpRequest.Builder request, String name, String value) throws ConnectorFailure {
        try {
            request.setHeader(name, value);
        } catch (IllegalArgumentException e) {
            String message = "the value of the header " + name + " has a character that HTTP does not allow";
            throw new ConnectorFailure(ConnectorFailure.Kind.FATAL, message, null);
        }
    }

    /** Waits for an answer with its body. The timeout of a request ends when the header of the answer has arrived. */
    HttpResponse<String> answer(CompletableFuture<HttpResponse<String>> response) throws ConnectorFailure, InterruptedException {
        try {
            return response.get(2 * timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            response.cancel(true);
            throw new ConnectorFailure(ConnectorFailure.Kind.UNAVAILABLE, "the answer of the server does not end", null);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            String message = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
            throw new ConnectorFailure(ConnectorFailure.Kind.UNAVAILABLE, message, cause);
        }
    }
}
