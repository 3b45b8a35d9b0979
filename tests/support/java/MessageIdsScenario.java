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

        ids.note(answer(true, "a"), 0);
        acknowledge(ids, LATER);
        System.out.println("acknowledged just before the last 10,000: " + !ids.add("a"));
        ids.note(answer(true, "a"), 0);
        acknowledge(ids, LATER + 1);
        System.out.println("acknowledged longer ago: " + !ids.add("a"));

        MessageIds restored = new MessageIds();
        restored.restore(List.of("b", "c"));
        acknowledge(restored, 2 * LATER);
        System.out.println("restored, connected for a short time: " + !restored.add("b"));
        restored.note(answer(true, "x"), 300_001);
        System.out.println("restored, connected for five minutes: " + !restored.add("c"));
        System.out.println("restored and delivered again, not acknowledged: " + !restored.add("b"));

        MessageIds lost = new MessageIds();
        lost.add("d");
        lost.note(answer(false, "d"), 0);
        acknowledge(lost, 2 * LATER);
        System.out.println("the connection was lost with the acknowledgement: " + lost.all().contains("d"));
    }

    private static void acknowledge(MessageIds ids, int count) {
        String[] more = new String[count];
        for (int i = 0; i < count; i++) {
            more[i] = "more-" + i;
            ids.add(more[i]);
        }
        ids.note(answer(true, more), 0);
    }

    private static MessageLink.Answer answer(boolean acknowledged, String... ids) {
        List<Message.Receipt> receipts = new ArrayList<>();
        for (String id : ids) {
            receipts.add(new Message.Receipt(1, receipts.size(), id));
        }
        return new MessageLink.Answer(receipts, acknowledged);
    }
}
