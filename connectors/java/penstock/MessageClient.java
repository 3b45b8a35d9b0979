package penstock;

import java.io.Serializable;

/** Connects to a broker that delivers messages until they are acknowledged. */
public interface MessageClient<M extends Message> extends Serializable {
    /**
     * Connects, and lets the broker deliver its messages to the inbox. {@code connection} is the number of the connection, which its
     * messages have.
     */
    Subscription subscribe(int connection, Inbox<M> inbox) throws ConnectorFailure, InterruptedException;

    /** Takes messages, in their order. */
    interface Inbox<M extends Message> {
        /** Adds a message. Waits while too many messages are not read yet, so that the broker stops to send. */
        void add(M message) throws InterruptedException;

        /** Says that the connection was lost. */
        void lost(ConnectorFailure failure);
    }

    /** A connection that delivers messages. */
    interface Subscription extends AutoCloseable {
        /**
         * Sends acknowledgements of messages, in the order in which they were delivered. It need not wait until the broker has received
         * them.
         */
        void acknowledge(long[] numbers) throws ConnectorFailure, InterruptedException;

        /** Closes the connection, after the acknowledgements that are sent. The inbox has room, and drops what still arrives. */
        @Override
        void close();
    }
}
