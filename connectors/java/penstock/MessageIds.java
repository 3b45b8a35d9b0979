package penstock;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The ids of messages that were read and that the broker may deliver again, to skip those.
 *
 * <p>An id is forgotten some checkpoints after its message is acknowledged, because a broker that crashes may lose the last
 * acknowledgements. If it is not known whether the message is acknowledged, because the connection was lost or the job was restored, the id
 * is kept for longer.
 */
final class MessageIds {
    private static final int ACKNOWLEDGED = 2;
    private static final int IN_DOUBT = 100;

    private record Kept(long until, String id) {
    }

    private final Set<String> known = new HashSet<>();
    private final Deque<Kept> acknowledged = new ArrayDeque<>();
    private final Deque<Kept> inDoubt = new ArrayDeque<>();
    private long checkpoints;

    /** Adds the ids of a checkpoint. */
    void restore(Collection<String> ids) {
        for (String id : ids) {
            known.add(id);
            inDoubt.add(new Kept(checkpoints + IN_DOUBT, id));
        }
    }

    /** Returns whether the id is new. A message without an id is always new. */
    boolean add(String id) {
        return id == null || known.add(id);
    }

    /** Notes an answer of the broker to acknowledgements. */
    void note(MessageLink.Answer answer) {
        Deque<Kept> kept = answer.acknowledged() ? acknowledged : inDoubt;
        long until = checkpoints + (answer.acknowledged() ? ACKNOWLEDGED : IN_DOUBT);
        for (Message.Receipt one : answer.receipts()) {
            if (one.id() != null) {
                kept.add(new Kept(until, one.id()));
            }
        }
    }

    /** Notes that a checkpoint is complete. */
    void complete() {
        checkpoints++;
        for (Deque<Kept> kept : List.of(acknowledged, inDoubt)) {
            while (!kept.isEmpty() && kept.peek().until() < checkpoints) {
                known.remove(kept.remove().id());
            }
        }
    }

    List<String> all() {
        return new ArrayList<>(known);
    }
}
