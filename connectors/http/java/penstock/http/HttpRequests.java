package penstock.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import penstock.Secrets;
import penstock.WriteFailure;

/** Sends requests to one URL. {@code ca} is null to trust the CA certificates of the Java runtime. */
record HttpRequests(
        URI url, String method, Duration timeout, Map<String, String> headers, Map<String, String> login, String ca)
        implements Serializable {

    private static final Duration CONNECT = Duration.ofSeconds(10);

    /** An open client, and the headers of each request with their secrets resolved. */
    final class Client {
        private final HttpClient client;
        private final HttpRequest template;

        private Client() throws WriteFailure {
            HttpClient.Builder builder =
                    HttpClient.newBuilder().connectTimeout(CONNECT).followRedirects(HttpClient.Redirect.NEVER);
            if (url.getScheme().equals("http")) {
                builder.version(HttpClient.Version.HTTP_1_1);
            }
            HttpRequest.Builder request = HttpRequest.newBuilder(url).timeout(timeout);
            for (Map.Entry<String, String> one : headers.entrySet()) {
                request.setHeader(one.getKey(), Secrets.resolved(one.getValue()));
            }
            if (login.containsKey("token")) {
                request.setHeader("Authorization", "Bearer " + Secrets.resolved(login.get("token")));
            } else if (login.containsKey("user")) {
                String pair = Secrets.resolved(login.get("user")) + ":" + Secrets.resolved(login.get("password"));
                byte[] encoded = Base64.getEncoder().encode(pair.getBytes(StandardCharsets.UTF_8));
                request.setHeader("Authorization", "Basic " + new String(encoded, StandardCharsets.US_ASCII));
            }
            if (ca != null) {
                builder.sslContext(trusting(Path.of(ca)));
            }
            client = builder.build();
            template = request.build();
        }

        /** Sends a body. {@code key} is the value of the header Idempotency-Key; null for none. */
        CompletableFuture<HttpResponse<String>> send(byte[] body, String type, String key) {
            HttpRequest.Builder request = HttpRequest.newBuilder(template, (name, value) -> true);
            request.setHeader("Content-Type", type);
            if (key != null) {
                request.setHeader("Idempotency-Key", key);
            }
            return client.sendAsync(request.method(method, BodyPublishers.ofByteArray(body)).build(), BodyHandlers.ofString());
        }
    }

    Client open() throws WriteFailure {
        return new Client();
    }

    private static SSLContext trusting(Path file) throws WriteFailure {
        try (InputStream opened = Files.newInputStream(file)) {
            KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
            trusted.load(null, null);
            int number = 0;
            for (Certificate one : CertificateFactory.getInstance("X.509").generateCertificates(opened)) {
                trusted.setCertificateEntry(String.valueOf(number++), one);
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, factory.getTrustManagers(), null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw new WriteFailure(
                    WriteFailure.Kind.FATAL, "the CA certificates in " + file + " cannot be read: " + e.getMessage(), e);
        }
    }
}
