package penstock;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.utils.ProjectedRowData;

/**
 * Rows to write, and what has become of each. A writer that writes rows one by one says so for each, so that a batch that is tried again
 * does not write them again. Rows of which it says nothing are written when it returns.
 */
public final class Batch {
    private final List<RowData> origins;
    private final List<RowData> rows;
    private final boolean[] written;
    private final String[] rejected;

    /** {@code columns} are the indexes of the columns to write. */
    Batch(List<RowData> origins, int[] columns) {
        this.origins = origins;
        rows = new ArrayList<>(origins.size());
        for (RowData origin : origins) {
            RowData row = ProjectedRowData.from(columns).replaceRow(origin);
            row.setRowKind(origin.getRowKind());
            rows.add(row);
        }
        written = new boolean[rows.size()];
        rejected = new String[rows.size()];
    }

    /** The number of rows. */
    public int size() {
        return rows.size();
    }

    /** The number of rows of which nothing is said yet. */
    int left() {
        return (int) IntStream.range(0, size()).filter(this::open).count();
    }

    /** A row. */
    public RowData row(int index) {
        return rows.get(index);
    }

    /** Every row, in their order. */
    public List<RowData> rows() {
        return rows;
    }

    /** Whether nothing is said of the row yet. */
    public boolean open(int index) {
        return !written[index] && rejected[index] == null;
    }

    /** Says that the row is written. */
    public void written(int index) {
        written[index] = true;
    }

    /** Says that the system rejects the row, with its message. */
    public void rejected(int index, String message) {
        rejected[index] = message;
    }

    /** The rows of which nothing is said yet, with their origins. */
    List<RowData> openOrigins() {
        return IntStream.range(0, size()).filter(this::open).mapToObj(origins::get).toList();
    }

    /** Says that the rows of which nothing is said yet are written. */
    void writeOpen() {
        IntStream.range(0, size()).filter(this::open).forEach(this::written);
    }

    /** Says that the rows of which nothing is said yet are rejected. */
    void rejectOpen(String message) {
        IntStream.range(0, size()).filter(this::open).forEach(i -> rejected(i, message));
    }

    /** The message with which the row was rejected; null if it was not. */
    String rejection(int index) {
        return rejected[index];
    }

    /** The row with its origin. */
    RowData origin(int index) {
        return origins.get(index);
    }
}
