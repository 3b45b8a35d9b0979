package penstock.rabbitmq;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.PossibleAuthenticationFailureException;
import com.rabbitmq.client.ShutdownSignalException;
import java.security.GeneralSecurityException;
import java.util.Set;
import javax.net.ssl.SSLException;
import penstock.ConnectorFailure;
import penstock.ConnectorFailure.Kind;

/** What went wrong, in the words of the broker. */
final class RabbitError {
    /** The number and the text with which a broker closes a channel or a connection. */
    record Close(int code, String text) {
    }

    /** The broker rejects what the client asks for, and would do so again. */
    private static final Set<Integer> FATAL =
            Set.of(AMQP.ACCESS_REFUSED, AMQP.NOT_FOUND, AMQP.RESOURCE_LOCKED, AMQP.PRECONDITION_FAILED, AMQP.NOT_ALLOWED);

    private RabbitError() {
    }

    static ConnectorFailure of(Throwable problem) {
        Close close = close(problem);
        if (close != null) {
            boolean tooLarge = close.code == AMQP.PRECONDITION_FAILED && close.text.contains("message size");
            Kind kind = tooLarge ? Kind.REJECTED : FATAL.contains(close.code) ? Kind.FATAL : Kind.UNAVAILABLE;
            return new ConnectorFailure(kind, close.text, problem);
        }
        boolean fatal = false;
        Throwable root = problem;
        for (Throwable one = problem; one != null && !(root instanceof SSLException); one = one.getCause()) {
            fatal |= one instanceof PossibleAuthenticationFailureException || one.getCause() instanceof GeneralSecurityException;
            root = one;
        }
        String message = root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
        return new ConnectorFailure(fatal ? Kind.FATAL : Kind.UNAVAILABLE, message, problem);
    }

    /** With what the broker closed the channel or the connection; null if something else happened. */
    static Close close(Throwable problem) {
        for (Throwable one = problem; one != null; one = one.getCause()) {
            if (one instanceof ShutdownSignalException signal) {
                if (signal.getReason() instanceof AMQP.Channel.Close channel) {
                    return new Close(channel.getReplyCode(), channel.getReplyText());
                }
                if (signal.getReason() instanceof AMQP.Connection.Close connection) {
                    return new Close(connection.getReplyCode(), connection.getReplyText());
                }
            }
        }
        return null;
    }
}
