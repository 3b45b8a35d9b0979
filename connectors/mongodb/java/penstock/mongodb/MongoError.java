package penstock.mongodb;

import com.mongodb.MongoCommandException;
import com.mongodb.MongoException;
import com.mongodb.MongoSecurityException;
import com.mongodb.MongoTimeoutException;
import com.mongodb.MongoWriteConcernException;
import java.security.GeneralSecurityException;
import java.util.Set;
import penstock.ConnectorFailure;
import penstock.ConnectorFailure.Kind;

/** What went wrong, in the words of the server. */
final class MongoError {
    /** Not authorized, failed authentication, no such command, a collection that is a view. */
    private static final Set<Integer> FATAL = Set.of(13, 18, 59, 166);

    private MongoError() {
    }

    static ConnectorFailure of(MongoException problem) {
        if (problem instanceof MongoSecurityException) {
            return new ConnectorFailure(Kind.FATAL, "the server rejects the login: " + root(problem), problem);
        }
        if (problem instanceof MongoTimeoutException timeout) {
            return unreachable(timeout);
        }
        if (problem instanceof MongoCommandException command) {
            boolean waits = command.hasErrorLabel("RetryableWriteError") || command.hasErrorLabel("TransientTransactionError");
            boolean fatal = FATAL.contains(command.getCode());
            return new ConnectorFailure(
                    fatal ? Kind.FATAL : waits ? Kind.UNAVAILABLE : Kind.REJECTED, command.getErrorMessage(), problem);
        }
        if (problem instanceof MongoWriteConcernException) {
            return new ConnectorFailure(Kind.UNAVAILABLE, problem.getMessage(), problem);
        }
        return new ConnectorFailure(Kind.UNAVAILABLE, root(problem), problem);
    }

    /** The driver tries to connect again and again, and its message holds why the last attempts failed. */
    private static ConnectorFailure unreachable(MongoTimeoutException timeout) {
        String message = timeout.getMessage();
        boolean login = message.contains("MongoSecurityException");
        boolean certificate = message.contains("CertPathValidatorException") || message.contains("PKIX path");
        return new ConnectorFailure(login || certificate ? Kind.FATAL : Kind.UNAVAILABLE, message, timeout);
    }

    private static String root(Throwable problem) {
        Throwable root = problem;
        while (root.getCause() != null && !(root.getCause() instanceof GeneralSecurityException)) {
            root = root.getCause();
        }
        if (root instanceof MongoCommandException command) {
            return command.getErrorMessage();
        }
        return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
    }
}
