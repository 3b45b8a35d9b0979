package penstock;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonToken;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;

/** Converts a JSON object to a row. Other keys of the object are skipped; of a repeated key, the last value is kept. */
final class JsonRow implements Serializable {
    private static final long serialVersionUID = 1L;

    private final Map<String, Integer> positions = new HashMap<>();
    private final JsonValue[] readers;
    private final int[] places;
    private final int arity;

    /** The names of fields that must be present; null where a field may be missing. */
    private final String[] needed;

    private final String column;

    private JsonRow(
            String column, List<String> names, List<JsonValue> readers, String[] needed, int[] places, int arity) {
        this.column = column;
        this.places = places;
        this.arity = arity;
        this.readers = readers.toArray(new JsonValue[0]);
        this.needed = needed;
        for (int i = 0; i < names.size(); i++) {
            positions.put(names.get(i), i);
        }
    }

    /**
     * The row of a record, with the columns at these places of {@code arity} fields. A missing or null column is NULL. {@code times} maps a
     * column to how its times are read.
     */
    static JsonRow ofRecord(
            List<String> names, List<LogicalType> types, Map<String, String> times, int[] places, int arity) {
        List<JsonValue> readers = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            String name = names.get(i);
            readers.add(JsonValue.reader(name, types.get(i).copy(true), times.getOrDefault(name, "iso")));
        }
        return new JsonRow("", names, readers, new String[names.size()], places, arity);
    }

    /** A row inside the value of a column. */
    static JsonRow inside(String column, RowType type, String times) {
        List<JsonValue> readers = new ArrayList<>();
        String[] needed = new String[type.getFieldCount()];
        for (RowType.RowField field : type.getFields()) {
            needed[readers.size()] = field.getType().isNullable() ? null : field.getName();
            readers.add(JsonValue.reader(column, field.getType(), times));
        }
        int[] places = IntStream.range(0, needed.length).toArray();
        return new JsonRow(column, type.getFieldNames(), readers, needed, places, needed.length);
    }

    /** Reads the object at whose start the parser is. */
    GenericRowData of(JsonParser parser, byte[] record) throws IOException {
        GenericRowData row = new GenericRowData(arity);
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            Integer at = positions.get(parser.currentName());
            parser.nextToken();
            if (at == null) {
                parser.skipChildren();
            } else {
                row.setField(places[at], readers[at].of(parser, record));
            }
        }
        for (int i = 0; i < needed.length; i++) {
            if (needed[i] != null && row.isNullAt(places[i])) {
                throw new Undecodable(column + ": the field " + needed[i] + " is missing, but it is not null");
            }
        }
        return row;
    }
}
