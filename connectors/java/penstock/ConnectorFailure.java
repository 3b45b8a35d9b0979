package penstock;

/** The other system did not do what was asked. The message is in its words. */
public final class ConnectorFailure extends Exception {
    private static final long serialVersionUID = 1L;

    /** What to do about it. */
    public enum Kind {
        /** The system does not answer, or cannot do it now: try again. */
        UNAVAILABLE,
        /** The system does not accept one of the rows. */
        REJECTED,
        /** It never works, however often it is tried: fail the job. */
        FATAL
    }

    private final Kind kind;
    private final long pause;

    public ConnectorFailure(Kind kind, String message, Throwable cause) {
        this(kind, message, cause, 0);
    }

    /** {@code pause} is the shortest time until it is tried again, in milliseconds. */
    public ConnectorFailure(Kind kind, String message, Throwable cause, long pause) {
        super(message, cause);
        this.kind = kind;
        this.pause = pause;
    }

    public Kind kind() {
        return kind;
    }

    long pause() {
        return pause;
    }
}
