package penstock;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** TLS that trusts the CA certificates of a file instead of those of the Java runtime. */
public final class TrustedCertificates {
    private TrustedCertificates() {
    }

    /** Returns the TLS configuration that trusts the CA certificates in this PEM file. */
    public static SSLContext context(Path file) throws ConnectorFailure {
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
            throw new ConnectorFailure(
                    ConnectorFailure.Kind.FATAL, "the CA certificates in " + file + " cannot be read: " + e.getMessage(), e);
        }
    }
}
