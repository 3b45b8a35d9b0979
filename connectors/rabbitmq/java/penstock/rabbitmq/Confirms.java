package penstock.rabbitmq;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.ConfirmListener;
import com.rabbitmq.client.ReturnListener;
import com.rabbitmq.client.ShutdownListener;
import com.rabbitmq.client.ShutdownSignalException;
import java.util.Arrays;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import penstock.Batch;
import penstock.ConnectorFailure;

/** What the broker says of the messages of a batch. It calls from a thread of its own. */
final class Confirms implements ConfirmListener, ReturnListener, ShutdownListener {
    private record Expected(int row, String key, byte[] body) {
    }

    private final NavigableMap<Long, Expected> expected = new TreeMap<>();
    private Batch batch;
    private int notTaken;
    private ShutdownSignalException shutdown;

    synchronized void begin(Batch next) {
        batch = next;
        expected.clear();
        notTaken = 0;
    }

    /** Expects a confirm of the message with this number. */
    synchronized void expect(long number, int row, String key, byte[] body) {
        expected.put(number, new Expected(row, key, body));
    }

    /** Waits for the confirms of all messages, {@code timeout} milliseconds at most. */
    synchronized void await(long timeout) throws ConnectorFailure, InterruptedException {
        long end = System.nanoTime() + timeout * 1_000_000;
        while (!expected.isEmpty() && shutdown == null) {
            long left = (end - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                throw unavailable(expected.size() + " messages were not confirmed within " + timeout + " ms");
            }
            wait(left);
        }
        if (!expected.isEmpty()) {
            throw RabbitError.of(shutdown);
        }
        if (notTaken > 0) {
            throw unavailable("the broker did not take " + notTaken + " messages: a queue may be full");
        }
    }

    private static ConnectorFailure unavailable(String message) {
        return new ConnectorFailure(ConnectorFailure.Kind.UNAVAILABLE, message, null);
    }

    @Override
    public synchronized void handleAck(long number, boolean multiple) {
        confirmed(number, multiple, true);
    }

    @Override
    public synchronized void handleNack(long number, boolean multiple) {
        confirmed(number, multiple, false);
    }

    private void confirmed(long number, boolean multiple, boolean taken) {
        Map<Long, Expected> those =
                multiple ? expected.headMap(number, true) : expected.subMap(number, true, number, true);
        for (Expected one : those.values()) {
            if (taken && batch.open(one.row)) {
                batch.written(one.row);
            }
            notTaken += taken ? 0 : 1;
        }
        those.clear();
        notifyAll();
    }

    /** The broker returns a message before it confirms it, without its number. Equal messages stand for each other. */
    @Override
    public synchronized void handleReturn(
            int code, String text, String exchange, String key, AMQP.BasicProperties properties, byte[] body) {
        for (Expected one : expected.values()) {
            if (batch.open(one.row) && one.key.equals(key) && Arrays.equals(one.body, body)) {
                String where = exchange.isEmpty() ? "there is no queue " + key
                        : "no queue gets messages of the exchange " + exchange + " with the routing key " + key;
                batch.rejected(one.row, text + ": " + where);
                return;
            }
        }
    }

    @Override
    public synchronized void shutdownCompleted(ShutdownSignalException signal) {
        shutdown = signal;
        notifyAll();
    }
}
