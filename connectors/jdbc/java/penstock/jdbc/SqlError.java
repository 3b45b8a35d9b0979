package penstock.jdbc;

import java.sql.BatchUpdateException;
import java.sql.SQLException;

/** An error of the database: its SQLSTATE, which may be null, the number of the vendor, and the message. */
record SqlError(String state, int code, String message) {
    static SqlError of(SQLException problem) {
        SQLException told = told(problem);
        String state = told.getSQLState() != null && told.getSQLState().length() == 5 ? told.getSQLState() : problem.getSQLState();
        // The driver of MariaDB puts the number of the connection before the message.
        String message = String.valueOf(told.getMessage()).replaceFirst("^\\(conn=\\d+\\) ", "");
        return new SqlError(state, told.getErrorCode(), message);
    }

    /** The message of the server. */
    String text() {
        return message + " (SQLSTATE " + state + ")";
    }

    /** The error of the server behind that of a failed batch, whose message may contain the whole statement with its values. */
    private static SQLException told(SQLException problem) {
        SQLException told = problem;
        while (told instanceof BatchUpdateException && told.getNextException() != null) {
            told = told.getNextException();
        }
        return told;
    }
}
