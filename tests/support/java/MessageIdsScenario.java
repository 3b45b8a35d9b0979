package penstock;

import java.util.ArrayList;
import java.util.List;

/** Prints what {@link MessageIds} says of ids in the situations in which a broker delivers messages again. */
final class MessageIdsScenario {
    private static final int LATER = 10_000;

    private MessageIdsScenario() {
    }

    public static void main(String[] arguments) {
        MessageIds ids = new MessageIds();
        System.out.println("new " + ids.add("a") + ", again " + ids.add("a") + ", without an id " + ids.add(null) + ids.add(null));

        ids.note(outcome(true, "a"), 0);
        acknowledge(ids, LATER, 60_001);
        System.out.println("acknowledged just before the last 10,000: " + !ids.add("a"));
        ids.note(outcome(true, "a"), 60_001);
        acknowledge(ids, LATER + 1, 120_001);
        System.out.println("acknowledged within a minute of connection: " + !ids.add("a"));
        ids.note(outcome(true, "a"), 120_001);
        acknowledge(ids, LATER + 1, 180_002);
        System.out.println("acknowledged longer ago: " + !ids.add("a"));

        MessageIds restored = new MessageIds();
        restored.restore(List.of("b", "c"));
        acknowledge(restored, 2 * LATER, 0);
        System.out.println("restored, connected for a short time: " + !restored.add("b"));
        restored.note(outcome(true, "x"), 300_001);
        System.out.println("restored, connected for five minutes: " + !restored.add("c"));
        System.out.println("restored and delivered again, not acknowledged: " + !restored.add("b"));

        MessageIds lost = new MessageIds();
        lost.add("d");
        lost.add("e");
        lost.note(outcome(false, "d"), 0);
        lost.note(outcome(true, "e"), 0);
        lost.lost(50_000);
        acknowledge(lost, 2 * LATER, 300_000);
        System.out.println("not sent: " + lost.all().contains("d"));
        System.out.println("sent before the connection was lost: " + lost.all().contains("e"));
        lost.note(outcome(true, "f"), 350_001);
        System.out.println("the next connection lasted for five minutes: " + lost.all().contains("e"));
    }

    private static void acknowledge(MessageIds ids, int count, long connected) {
        String[] more = new String[count];
        for (int i = 0; i < count; i++) {
            more[i] = "more-" + i;
            ids.add(more[i]);
        }
        ids.note(outcome(true, more), connected);
    }

    private static MessageLink.Outcome outcome(boolean sent, String... ids) {
        List<Message.Receipt> receipts = new ArrayList<>();
        for (String id : ids) {
            receipts.add(new Message.Receipt(1, receipts.size(), id));
        }
        return new MessageLink.Outcome(receipts, sent);
    }
}
