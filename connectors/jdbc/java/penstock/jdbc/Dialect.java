package penstock.jdbc;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import penstock.ConnectorFailure;
import penstock.ConnectorFailure.Kind;

/** What differs between databases. */
enum Dialect {
    POSTGRES("org.postgresql.Driver", 1) {
        @Override
        String replace(List<String> key, List<String> others) {
            String set = others.stream().map(one -> one + " = EXCLUDED." + one).collect(Collectors.joining(", "));
            String replace = set.isEmpty() ? "DO NOTHING" : "DO UPDATE SET " + set;
            return " ON CONFLICT (" + String.join(", ", key) + ") " + replace;
        }

        @Override
        Object instant(Instant value) {
            return value.atOffset(ZoneOffset.UTC);
        }

        /** By the class of the SQLSTATE, its first two characters. */
        @Override
        Kind kind(SqlError error) {
            return kind(error, Set.of("08", "25", "40", "53", "55", "57", "58"), Set.of("22", "23", "44", "P0", "54"));
        }
    },

    /**
     * MariaDB and MySQL. The session's time zone is UTC, and its names are in double quotes: see the properties of the driver. MariaDB
     * writes the rows of a bulk one by one if they replace others, at a quarter of the speed, so a statement has many rows.
     */
    MYSQL("org.mariadb.jdbc.Driver", 100) {
        /** Too many connections, a full disk, a conflict, or a server that may not write now: what does not depend on the rows. */
        private static final Set<Integer> UNAVAILABLE =
                Set.of(1020, 1021, 1037, 1040, 1041, 1114, 1203, 1205, 1213, 1226, 1290, 1836);

        /** Errors about a value that have the SQLSTATE of other errors. A row may also be larger than the packets of the server. */
        private static final Set<Integer> REJECTED = Set.of(1118, 1265, 1364, 1366, 1525, 1526, 3819, 4025);

        @Override
        String replace(List<String> key, List<String> others) {
            List<String> set = others.isEmpty() ? key : others;
            return set.stream()
                    .map(one -> others.isEmpty() ? one + " = " + one : one + " = VALUES(" + one + ")")
                    .collect(Collectors.joining(", ", " ON DUPLICATE KEY UPDATE ", ""));
        }

        /** The driver must know the largest packet that the server accepts: with a larger one, the server cuts the connection. */
        @Override
        Connection open(String url, Map<String, String> properties) throws SQLException, ConnectorFailure {
            Map<String, String> more = new HashMap<>(properties);
            try (Connection first = super.open(url, properties);
                    Statement statement = first.createStatement();
                    ResultSet found = statement.executeQuery("SELECT @@max_allowed_packet")) {
                found.next();
                more.put("maxAllowedPacket", found.getString(1));
            }
            return super.open(url, more);
        }

        @Override
        Object instant(Instant value) {
            return LocalDateTime.ofInstant(value, ZoneOffset.UTC);
        }

        @Override
        Kind kind(SqlError error) {
            if (UNAVAILABLE.contains(error.code())) {
                return Kind.UNAVAILABLE;
            }
            if (REJECTED.contains(error.code()) || error.message().contains("max_allowed_packet")) {
                return Kind.REJECTED;
            }
            return kind(error, Set.of("08", "40", "70"), Set.of("22", "23", "44", "45"));
        }
    };

    /** The class of the driver. */
    final String driver;

    /** How many rows a statement that replaces rows has; 1 if the driver joins the rows of a batch itself. */
    final int rowsAtOnce;

    Dialect(String driver, int rowsAtOnce) {
        this.driver = driver;
        this.rowsAtOnce = rowsAtOnce;
    }

    /** Opens a connection. A value of {@code properties} may be a reference to a secret. */
    Connection open(String url, Map<String, String> properties) throws SQLException, ConnectorFailure {
        return Connections.open(driver, url, properties);
    }

    /** The end of an INSERT statement that replaces the row with the same key. The names are quoted. */
    abstract String replace(List<String> key, List<String> others);

    /** The parameter for a point in time. */
    abstract Object instant(Instant value);

    /** What to do about an error. */
    abstract Kind kind(SqlError error);

    private static Kind kind(SqlError error, Set<String> unavailable, Set<String> rejected) {
        String group = error.state() == null ? "" : error.state().substring(0, Math.min(2, error.state().length()));
        return unavailable.contains(group) ? Kind.UNAVAILABLE : rejected.contains(group) ? Kind.REJECTED : Kind.FATAL;
    }
}
