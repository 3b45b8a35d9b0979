package penstock.jdbc;

import java.sql.BatchUpdateException;
import java.sql.SQLException;
import java.util.Set;
import penstock.WriteFailure.Kind;

/** What the SQLSTATE of an error says about the rows: its first two characters are a class of the SQL standard. */
final class SqlState {
    /** Data exceptions, violated constraints, errors raised by triggers, exceeded limits. */
    private static final Set<String> REJECTED = Set.of("22", "23", "44", "P0", "54");

    /** Lost connections, rolled back transactions, missing resources, interventions by an operator. */
    private static final Set<String> UNAVAILABLE = Set.of("08", "25", "40", "53", "55", "57", "58");

    private SqlState() {
    }

    static Kind kind(SQLException problem) {
        String state = state(problem);
        if (state == null) {
            return Kind.FATAL;
        }
        String group = state.substring(0, 2);
        return UNAVAILABLE.contains(group) ? Kind.UNAVAILABLE : REJECTED.contains(group) ? Kind.REJECTED : Kind.FATAL;
    }

    /** The message of the server. The one of a failed batch contains the whole statement with its values, and is left out. */
    static String message(SQLException problem) {
        return told(problem).getMessage() + " (SQLSTATE " + state(problem) + ")";
    }

    private static String state(SQLException problem) {
        String state = told(problem).getSQLState();
        return state != null && state.length() == 5 ? state : problem.getSQLState();
    }

    /** The error of the server behind that of a failed batch. */
    private static SQLException told(SQLException problem) {
        SQLException told = problem;
        while (told instanceof BatchUpdateException && told.getNextException() != null) {
            told = told.getNextException();
        }
        return told;
    }
}
