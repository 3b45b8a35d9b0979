package penstock.rabbitmq;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AuthenticationFailureException;
import com.rabbitmq.client.ShutdownSignalException;
import java.io.EOFException;
import java.security.GeneralSecurityException;
import java.util.Set;
import java.util.regex.Pattern;
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

    /** Texts with the same codes that say that it works later: a node is down, too many clients, an acknowledgement came too late. */
    private static final Pattern LATER = Pattern.compile(
            "down or inaccessible|home node|limit .*reached|delivery acknowledgement");

    private RabbitError() {
    }

    static ConnectorFailure of(Throwable problem) {
        Close close = close(problem);
        if (close != null) {
            boolean tooLarge = close.code == AMQP.PRECONDITION_FAILED && close.text.contains("message size");
            boolean fatal = FATAL.contains(close.code) && !LATER.matcher(close.text).find();
            return new ConnectorFailure(tooLarge ? Kind.REJECTED : fatal ? Kind.FATAL : Kind.UNAVAILABLE, close.text, problem);
        }
        boolean fatal = false;
        Throwable root = problem;
        for (Throwable one = problem; one != null && !(root instanceof SSLException); one = one.getCause()) {
            fatal |= one instanceof AuthenticationFailureException || one.getCause() instanceof GeneralSecurityException;
            root = one;
        }
        return new ConnectorFailure(fatal ? Kind.FATAL : Kind.UNAVAILABLE, message(root), problem);
    }

    private static String message(Throwable root) {
        if (root instanceof EOFException) {
            return "the broker closed the connection";
        }
        return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
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
