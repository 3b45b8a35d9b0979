package penstock;

/** Rows were not written. The message is in the words of the other system. */
public final class WriteFailure extends Exception {
    private static final long serialVersionUID = 1L;

    /** What to do about it. */
    public enum Kind {
        /** The system does not answer, or cannot write now: try again. */
        UNAVAILABLE,
        /** The system does not accept one of the rows. */
        REJECTED,
        /** No row can be written, however often it is tried: fail the job. */
        FATAL
    }

    private final Kind kind;
    private final long pause;

    public WriteFailure(Kind kind, String message, Throwable cause) {
        this(kind, message, cause, 0);
    }

    /** {@code pause} is the shortest time until the rows are written again, in milliseconds. */
    public WriteFailure(Kind kind, String message, Throwable cause, long pause) {
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
