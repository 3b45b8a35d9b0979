package penstock;

import java.io.Serializable;
import java.util.List;
import org.apache.flink.table.data.RowData;

/** Writes rows into another system, from one thread. It connects when the first rows are written. */
public interface RowWriter extends Serializable, AutoCloseable {
    /** Writes these rows in their order: all of them, or none if it throws. */
    void write(List<RowData> rows) throws WriteFailure, InterruptedException;
}
