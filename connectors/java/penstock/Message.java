package penstock;

/** A message that a broker has delivered. The broker delivers it again if the connection is lost before it is acknowledged. */
public abstract class Message {
    final byte[] body;
    final Receipt receipt;
    final boolean redelivered;

    /** What is needed to acknowledge a message: the connection, the broker's number on it, and the id of the message or null. */
    record Receipt(int connection, long number, String id) {
    }

    /**
     * {@code number} identifies the message on its connection. {@code id} identifies it among all messages of the queue, also when it is
     * delivered again; null if there is no such id. {@code redelivered} is whether the message may have been delivered before.
     */
    protected Message(byte[] body, int connection, long number, String id, boolean redelivered) {
        this.body = body;
        this.redelivered = redelivered;
        receipt = new Receipt(connection, number, id);
    }
}
