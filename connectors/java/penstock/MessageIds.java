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
 * <p>A broker does not answer an acknowledgement, and one that crashes may lose the last ones. So an id is forgotten only when many
 * messages were acknowledged after its own, and when the connection has lasted for longer than it takes to notice that it is dead. If the
 * connection was lost before, or if the job was restored, the next connection must have lasted for some time: the broker delivers such
 * messages first.
 */
final class MessageIds {
    /** RabbitMQ 4 collects up to 2,048 acknowledgements before it writes them. */
    private static final long LATER = 10_000;

    /** After this time both sides have noticed that a connection is dead, by their heartbeats. */
    private static final long RECEIVED_MILLIS = 60_000;

    private static final long IN_DOUBT_MILLIS = 300_000;
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
        ids.forEach(id -> keep(inDoubt, id, IN_DOUBT_MILLIS));
    }

    /** Returns whether the id is new. A message without an id is always new. */
    boolean add(String id) {
        return id == null || known.put(id, UNACKNOWLEDGED) == null;
    }

    /** Notes what became of acknowledgements. {@code connected} is for how long the reader was connected in all, in milliseconds. */
    void note(MessageLink.Outcome outcome, long connected) {
        if (outcome.sent()) {
            acknowledgements += outcome.receipts().size();
        }
        for (Message.Receipt one : outcome.receipts()) {
            if (one.id() != null && outcome.sent()) {
                keep(acknowledged, one.id(), connected + RECEIVED_MILLIS);
            } else if (one.id() != null) {
                keep(inDoubt, one.id(), connected + IN_DOUBT_MILLIS);
            }
        }
        forget(acknowledged, connected);
        forget(inDoubt, connected);
    }

    /** Notes that the connection was lost: the broker may not have received the last acknowledgements. */
    void lost(long connected) {
        for (Kept one : acknowledged) {
            if (known.getOrDefault(one.id, UNACKNOWLEDGED) == one.number) {
                keep(inDoubt, one.id, connected + IN_DOUBT_MILLIS);
            }
        }
        acknowledged.clear();
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
