package penstock;

import java.io.IOException;
import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.types.logical.LogicalType;

/**
 * Reads a JSON object from its bytes into a row, without a token or a {@code String} for each value: texts are slices of the record.
 *
 * <p>It reads only well-formed objects, which nearly all records are. For any other record it returns null, and {@link JsonSchema} reads
 * that one with Jackson, so the two must agree only on what this class accepts. A value that its type cannot hold is rejected by the same
 * {@link TextValue}.
 */
final class JsonBytes implements Serializable {
    private static final long serialVersionUID = 1L;
    private static final Unusual UNUSUAL = new Unusual();
    private static final int MOST_KEYS = 256;

    private final JsonColumn[] columns;
    private final int arity;
    private final JsonText in = new JsonText();

    /** The keys of the last record, in their order: the next record mostly has the same. */
    private final JsonColumn[] usual = new JsonColumn[MOST_KEYS];

    /** Thrown for a record that Jackson must read. */
    static final class Unusual extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private Unusual() {
            super(null, null, false, false);
        }
    }

    static Unusual unusual() {
        return UNUSUAL;
    }

    /** {@code places} are the positions of the columns in a row of {@code arity} fields. {@code times} is how times are read. */
    JsonBytes(List<String> names, List<LogicalType> types, Map<String, String> times, int[] places, int arity) {
        this.arity = arity;
        columns = new JsonColumn[names.size()];
        for (int i = 0; i < columns.length; i++) {
            String name = names.get(i);
            columns[i] = new JsonColumn(name, types.get(i), times.getOrDefault(name, "iso"), places[i]);
        }
        Arrays.fill(usual, JsonColumn.unknown(new byte[0]));
    }

    /** The row of a record, or null for a record that Jackson must read. */
    GenericRowData read(byte[] record) throws IOException {
        in.start(record);
        try {
            GenericRowData row = object();
            return in.atEnd() ? row : null;
        } catch (Unusual | JsonProcessingException | ArrayIndexOutOfBoundsException e) { // the last one: the record ends inside a value
            return null;
        }
    }

    private GenericRowData object() throws IOException {
        in.spaces();
        in.expect('{');
        in.spaces();
        GenericRowData row = new GenericRowData(arity);
        if (in.next() == '}') {
            in.at++;
            return row;
        }
        int count = 0;
        while (true) {
            JsonColumn column = column(count++);
            in.spaces();
            in.expect(':');
            in.spaces();
            if (column.place < 0) {
                in.skip();
            } else {
                row.setField(column.place, column.read(in));
            }
            in.spaces();
            if (in.next() == '}') {
                in.at++;
                return row;
            }
            in.expect(',');
            in.spaces();
        }
    }

    /** The column of the key at the current position, which is key number {@code count} of the record. */
    private JsonColumn column(int count) {
        in.expect('"');
        if (count < MOST_KEYS && in.hasKey(usual[count].key)) {
            return usual[count];
        }
        int start = in.at;
        int end = in.plainKey();
        JsonColumn found = null;
        for (JsonColumn column : columns) {
            if (Arrays.equals(in.bytes, start, end, column.key, 0, column.key.length)) {
                found = column;
            }
        }
        if (found == null) {
            found = JsonColumn.unknown(Arrays.copyOfRange(in.bytes, start, end));
        }
        if (count < MOST_KEYS) {
            usual[count] = found;
        }
        return found;
    }
}
