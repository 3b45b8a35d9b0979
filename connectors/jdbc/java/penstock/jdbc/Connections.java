package penstock.jdbc;

import java.sql.Connection;
import java.sql.Driver;
import java.sql.SQLException;
import java.util.Map;
import java.util.Properties;
import penstock.ConnectorFailure;
import penstock.Secrets;

/** Connects with a driver of the class path. The driver manager of Java does not see the jars of a job. */
final class Connections {
    private Connections() {
    }

    /** Opens a connection. A value of {@code properties} may be a reference to a secret. */
    static Connection open(String driver, String url, Map<String, String> properties) throws SQLException, ConnectorFailure {
        Properties resolved = new Properties();
        for (Map.Entry<String, String> one : properties.entrySet()) {
            resolved.setProperty(one.getKey(), Secrets.resolved(one.getValue()));
        }
        try {
            ClassLoader classes = Thread.currentThread().getContextClassLoader();
            return ((Driver) Class.forName(driver, true, classes).getConstructor().newInstance()).connect(url, resolved);
        } catch (ReflectiveOperationException e) {
            throw new ConnectorFailure(
                    ConnectorFailure.Kind.FATAL, "the driver " + driver + " is not on the class path", e);
        }
    }
}
