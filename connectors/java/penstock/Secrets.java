package penstock;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** References to secrets, in the forms of Kafka's config providers; see `connectors/config/secrets.py`. */
public final class Secrets {
    private static final Pattern REFERENCE =
            Pattern.compile("\\$\\{(?:env:(\\w+)|(file|directory):(/[\\w./-]+):([\\w.-]+))}");

    private Secrets() {
    }

    /** The secret of a reference; any other text is returned unchanged. */
    public static String resolved(String text) throws ConnectorFailure {
        Matcher match = REFERENCE.matcher(text);
        if (!match.matches()) {
            return text;
        }
        String found;
        try {
            found =
                    match.group(1) != null
                            ? System.getenv(match.group(1))
                            : read(match.group(2), Path.of(match.group(3)), match.group(4));
        } catch (IOException e) {
            throw new ConnectorFailure(ConnectorFailure.Kind.FATAL, "the secret " + text + " cannot be read: " + e.getMessage(), e);
        }
        if (found == null || found.isEmpty()) {
            throw new ConnectorFailure(ConnectorFailure.Kind.FATAL, "the secret " + text + " is not set where the job runs", null);
        }
        if (found.endsWith("\n") || found.endsWith("\r")) {
            throw new ConnectorFailure(ConnectorFailure.Kind.FATAL, "the secret " + text + " ends with a line break", null);
        }
        return found;
    }

    private static String read(String kind, Path path, String key) throws IOException {
        if (kind.equals("directory")) {
            return Files.readString(path.resolve(key));
        }
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(path, StandardCharsets.UTF_8)) {
            properties.load(reader);
        }
        return properties.getProperty(key);
    }
}
