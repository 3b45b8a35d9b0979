package penstock;

import java.io.Serializable;

/** Writes rows into another system, from one thread. It connects when the first rows are written. */
public interface RowWriter extends Serializable, AutoCloseable {
    /**
     * Writes the rows of the batch in their order. If it throws, no row is written except for those of which it said so. A batch that
     * throws {@link ConnectorFailure.Kind#UNAVAILABLE} is written again.
     */
    void write(Batch batch) throws ConnectorFailure, InterruptedException;

    /** Since when {@link #write} waits for the system, in milliseconds since 1970; 0 if it does not. Called from another thread. */
    default long waitingSince() {
        return 0;
    }
}
