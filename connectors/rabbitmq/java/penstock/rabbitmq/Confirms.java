package penstock.rabbitmq;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.BlockedListener;
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
final class Confirms implements ConfirmListener, ReturnListener, ShutdownListener, BlockedListener {
    /**
     * The most bytes without a confirm. A broker without memory or disk stops to read: more than fits into the buffers of the connection
     * would then block the thread of the task, which could not even be cancelled.
     */
    private static final int WINDOW = 256 << 10;

    private record Expected(int row, String key, byte[] body) {
    }

    private final NavigableMap<Long, Expected> expected = new TreeMap<>();
    private final long timeout;
    private Batch batch;
    private long bytes;
    private int notTaken;
    private ShutdownSignalException shutdown;
    private volatile long blockedSince;

    /** {@code timeout} is how long to wait for a confirm while the broker does not block publishers, in milliseconds. */
    Confirms(long timeout) {
        this.timeout = timeout;
    }

    synchronized void begin(Batch next) {
        batch = next;
        expected.clear();
        bytes = 0;
        notTaken = 0;
    }

    /** Waits until this many bytes may be sent. */
    synchronized void room(int more) throws ConnectorFailure, InterruptedException {
        await(() -> blockedSince == 0 && (bytes == 0 || bytes + more <= WINDOW));
    }

    /** Expects a confirm of the message with this number. */
    synchronized void expect(long number, int row, String key, byte[] body) {
        expected.put(number, new Expected(row, key, body));
        bytes += body.length;
    }

    /** Waits for the confirms of all messages. */
    synchronized void all() throws ConnectorFailure, InterruptedException {
        await(expected::isEmpty);
        if (notTaken > 0) {
            throw unavailable("the broker did not take " + notTaken + " messages: a queue may be full");
        }
    }

    /** Since when the broker has blocked publishers, in milliseconds since 1970; 0 if it does not. */
    long blockedSince() {
        return blockedSince;
    }

    private interface Condition {
        boolean holds();
    }

    private void await(Condition condition) throws ConnectorFailure, InterruptedException {
        long end = System.nanoTime() + timeout * 1_000_000;
        while (!condition.holds()) {
            if (shutdown != null) {
                throw RabbitError.of(shutdown);
            }
            if (blockedSince > 0) {
                end = System.nanoTime() + timeout * 1_000_000;
            }
            long left = (end - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                throw unavailable(expected.size() + " messages were not confirmed within " + timeout + " ms");
            }
            wait(left);
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
            bytes -= one.body.length;
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
    public synchronized void handleBlocked(String reason) {
        blockedSince = System.currentTimeMillis();
    }

    @Override
    public synchronized void handleUnblocked() {
        blockedSince = 0;
        notifyAll();
    }

    @Override
    public synchronized void shutdownCompleted(ShutdownSignalException signal) {
        shutdown = signal;
        blockedSince = 0;
        notifyAll();
    }
}
