package penstock;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The ids of messages that were read and that the broker may deliver again, to skip those.
 *
 * <p>A broker that crashes may lose the last acknowledgements, so an id is forgotten only when many messages were acknowledged after its
 * own. If it is not known whether its message is acknowledged, because the connection was lost or the job was restored, the connection must
 * also have lasted for some time: the broker delivers such messages first.
 */
final class MessageIds {
    /** RabbitMQ 4 collects up to 2,048 acknowledgements before it writes them. */
    private static final long LATER = 10_000;

    private static final long CONNECTED_MILLIS = 300_000;
    private static final long UNACKNOWLEDGED = -1;

    /** {@code after} is the number of acknowledgements, and {@code connected} the time of connection, until which the id is kept. */
    private record Kept(long number, String id, long after, long connected) {
    }

    /** Id to the number of its entry in one of the queues, or {@link #UNACKNOWLEDGED}. */
    private final Map<String, Long> known = new HashMap<>();

    private final Deque<Kept> acknowledged = new ArrayDeque<>();
    private final Deque<Kept> inDoubt = new ArrayDeque<>();
    private long acknowledgements;
    private long entries;

    /** Adds the ids of a checkpoint. */
    void restore(Collection<String> ids) {
        ids.forEach(id -> keep(inDoubt, id, CONNECTED_MILLIS));
    }

    /** Returns whether the id is new. A message without an id is always new. */
    boolean add(String id) {
        return id == null || known.put(id, UNACKNOWLEDGED) == null;
    }

    /** Notes an answer of the broker to acknowledgements. {@code connected} is for how long it was connected in all, in milliseconds. */
    void note(MessageLink.Answer answer, long connected) {
        if (answer.acknowledged()) {
            acknowledgements += answer.receipts().size();
        }
        for (Message.Receipt one : answer.receipts()) {
            if (one.id() != null) {
                keep(answer.acknowledged() ? acknowledged : inDoubt, one.id(), connected + CONNECTED_MILLIS);
            }
        }
        forget(acknowledged, Long.MAX_VALUE);
        forget(inDoubt, connected);
    }

    private void keep(Deque<Kept> kept, String id, long connected) {
        known.put(id, ++entries);
        kept.add(new Kept(entries, id, acknowledgements + LATER, connected));
    }

    private void forget(Deque<Kept> kept, long connected) {
        while (!kept.isEmpty() && kept.peek().after < acknowledgements && kept.peek().connected < connected) {
            Kept one = kept.remove();
            known.remove(one.id, one.number); // unless the message was delivered again
        }
    }

    List<String> all() {
        return new ArrayList<>(known.keySet());
    }
}
