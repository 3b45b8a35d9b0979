package penstock;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps a reader connected to its broker, on a thread of its own: receives messages, acknowledges them, and connects again. */
final class MessageLink<M extends Message> implements AutoCloseable {
    /** Receipts for which the broker was asked to forget the messages, and whether the acknowledgements were sent. */
    record Outcome(List<Message.Receipt> receipts, boolean sent) {
    }

    /** Says that a connection was lost, in the order of the outcomes. */
    static final Outcome LOST = new Outcome(List.of(), false);

    private static final Logger LOG = LoggerFactory.getLogger(MessageLink.class);
    private static final int MOST_MESSAGES = 1_000;
    private static final long MOST_BYTES = 16 << 20;
    private static final long FIRST_PAUSE = 100;
    private static final long LONGEST_PAUSE = 10_000;
    private static final long STEP = 100;
    private static final long END = 5_000;
    /** A connection that lasts so long ends a series of failures, and so does an acknowledgement. */
    private static final long STABLE = 10_000;
    /** A series of so many failures is shown although the broker accepts connections. */
    private static final int SHOWN = 3;

    private final MessageClient<M> client;
    private final long retryFor;
    private final Queue<M> messages = new ArrayDeque<>();
    private final BlockingQueue<List<Message.Receipt>> toAcknowledge = new LinkedBlockingQueue<>();
    private final Queue<Outcome> outcomes = new ConcurrentLinkedQueue<>();
    private final Thread thread = new Thread(this::run, "penstock-messages");
    private CompletableFuture<Void> available = new CompletableFuture<>();
    private long bytes;
    private int connection;
    private ConnectorFailure lost;
    private ConnectorFailure failure;
    private long pause = FIRST_PAUSE;
    private long connectedBefore;
    private long fullMillis;
    private volatile long connectedSince;
    private volatile long failingSince;
    private volatile int failures;
    private volatile boolean closed;

    /** {@code retryFor} is how long it tries to connect before the reader fails, in milliseconds. */
    MessageLink(MessageClient<M> client, long retryFor) {
        this.client = client;
        this.retryFor = retryFor;
        thread.setDaemon(true);
    }

    void open() {
        thread.setContextClassLoader(Thread.currentThread().getContextClassLoader());
        thread.start();
    }

    /** The next message; null if no message has arrived. */
    synchronized M poll() throws ConnectorFailure {
        if (failure != null) {
            throw failure;
        }
        M message = messages.poll();
        if (message != null) {
            bytes -= message.body.length;
            notifyAll();
        }
        return message;
    }

    synchronized boolean isEmpty() {
        return messages.isEmpty() && failure == null;
    }

    /** Completes when {@link #poll} has a message or throws. */
    synchronized CompletableFuture<Void> available() {
        if (isEmpty() && available.isDone()) {
            available = new CompletableFuture<>();
        }
        return available;
    }

    /** Asks the broker to forget these messages. {@link #outcome} returns what became of it. */
    void acknowledge(List<Message.Receipt> receipts) {
        toAcknowledge.add(receipts);
    }

    /** The next outcome; null if nothing new happened. */
    Outcome outcome() {
        return outcomes.poll();
    }

    /** For how long the broker has not answered, or has ended each connection soon, in milliseconds. */
    long waiting() {
        long since = failingSince;
        return since == 0 || (connectedSince > 0 && failures < SHOWN) ? 0 : System.currentTimeMillis() - since;
    }

    /**
     * For how long the reader was connected in all, in milliseconds, without the time in which it had no room for messages: then the client
     * does not read, and does not notice that the connection is dead.
     */
    synchronized long connected() {
        return connectedBefore + (connectedSince == 0 ? 0 : System.currentTimeMillis() - connectedSince) - fullMillis;
    }

    /** Waits until the messages of complete checkpoints are acknowledged, if the broker answers. */
    @Override
    public void close() throws InterruptedException {
        closed = true;
        if (failingSince == 0 || connectedSince > 0) {
            thread.join(END);
        }
        thread.interrupt();
        thread.join(END);
    }

    private void run() {
        try {
            while (!closed) {
                try (MessageClient.Subscription subscription = client.subscribe(next(), new Room(connection))) {
                    connectedSince = System.currentTimeMillis();
                    serve(subscription);
                } catch (ConnectorFailure found) {
                    disconnected();
                    pauseAfter(found);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ConnectorFailure e) {
            fail(e);
        } catch (Throwable e) { // also an Error: a reader without this thread would wait forever
            fail(new ConnectorFailure(ConnectorFailure.Kind.FATAL, e.toString(), e));
        }
    }

    /** Drops the messages of the connection before, which the broker delivers again. */
    private synchronized int next() {
        messages.clear();
        bytes = 0;
        lost = null;
        return ++connection;
    }

    private void serve(MessageClient.Subscription subscription) throws ConnectorFailure, InterruptedException {
        while (true) {
            List<Message.Receipt> receipts = toAcknowledge.poll(closed ? 0 : STEP, TimeUnit.MILLISECONDS);
            if (receipts != null) {
                acknowledge(subscription, receipts);
            } else if (closed) {
                return;
            }
            synchronized (this) {
                if (lost != null) {
                    throw lost;
                }
            }
            if (failingSince > 0 && System.currentTimeMillis() - connectedSince > STABLE) {
                succeeded();
            }
        }
    }

    private void succeeded() {
        failingSince = 0;
        failures = 0;
        pause = FIRST_PAUSE;
    }

    private synchronized void disconnected() {
        connectedBefore = connected();
        fullMillis = 0;
        connectedSince = 0;
        outcomes.add(LOST);
    }

    private void acknowledge(MessageClient.Subscription subscription, List<Message.Receipt> receipts)
            throws ConnectorFailure, InterruptedException {
        List<Message.Receipt> own = new ArrayList<>();
        List<Message.Receipt> old = new ArrayList<>();
        receipts.forEach(one -> (one.connection() == connection ? own : old).add(one));
        outcomes.add(new Outcome(old, false));
        boolean done = false;
        try {
            if (!own.isEmpty()) {
                subscription.acknowledge(own.stream().mapToLong(Message.Receipt::number).toArray());
                succeeded();
            }
            done = true;
        } catch (ConnectorFailure e) {
            lose(e);
            throw e;
        } finally {
            outcomes.add(new Outcome(own, done));
        }
    }

    /** Waits before the next attempt. Throws if it has tried for long enough. */
    private void pauseAfter(ConnectorFailure found) throws ConnectorFailure, InterruptedException {
        long now = System.currentTimeMillis();
        if (failures++ == 0) {
            failingSince = now;
        }
        long rest = retryFor - (now - failingSince);
        if (found.kind() != ConnectorFailure.Kind.UNAVAILABLE || rest < 0) {
            throw found;
        }
        long wait = Math.min(pause / 2 + ThreadLocalRandom.current().nextLong(pause), rest + 1);
        LOG.warn("The connection to the broker is tried again in {} ms: {}", wait, found.getMessage());
        Thread.sleep(wait);
        pause = Math.min(2 * pause, LONGEST_PAUSE);
    }

    private synchronized void lose(ConnectorFailure found) {
        if (lost == null) {
            lost = found;
        }
    }

    private synchronized void fail(ConnectorFailure found) {
        failure = found;
        available.complete(null);
        notifyAll();
    }

    /** The inbox of one connection. */
    private final class Room implements MessageClient.Inbox<M> {
        private final int of;

        Room(int of) {
            this.of = of;
        }

        @Override
        public void add(M message) throws InterruptedException {
            synchronized (MessageLink.this) {
                while (isOpen() && (messages.size() >= MOST_MESSAGES || bytes >= MOST_BYTES)) {
                    long began = System.currentTimeMillis();
                    MessageLink.this.wait(STEP);
                    fullMillis += System.currentTimeMillis() - began;
                }
                if (isOpen()) {
                    messages.add(message);
                    bytes += message.body.length;
                    available.complete(null);
                }
            }
        }

        private boolean isOpen() {
            return of == connection && lost == null && !closed;
        }

        @Override
        public void lost(ConnectorFailure found) {
            synchronized (MessageLink.this) {
                if (of == connection) {
                    lose(found);
                }
            }
        }
    }
}
