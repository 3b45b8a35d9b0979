package penstock;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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

    /** The names of fields that must be present; null where a field may be missing. */
    private final String[] needed;

    private final String column;

    private JsonRow(String column, List<String> names, List<JsonValue> readers, String[] needed) {
        this.column = column;
        this.readers = readers.toArray(new JsonValue[0]);
        this.needed = needed;
        for (int i = 0; i < names.size(); i++) {
            positions.put(names.get(i), i);
        }
    }

    /** The row of a record. A missing or null column is NULL. {@code times} maps a column to how its times are read. */
    static JsonRow ofRecord(List<String> names, List<LogicalType> types, Map<String, String> times) {
        List<JsonValue> readers = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            String name = names.get(i);
            readers.add(JsonValue.reader(name, types.get(i).copy(true), times.getOrDefault(name, "iso")));
        }
        return new JsonRow("", names, readers, new String[names.size()]);
    }

    /** A row inside the value of a column. */
    static JsonRow inside(String column, RowType type, String times) {
        List<JsonValue> readers = new ArrayList<>();
        String[] needed = new String[type.getFieldCount()];
        for (RowType.RowField field : type.getFields()) {
            needed[readers.size()] = field.getType().isNullable() ? null : field.getName();
            readers.add(JsonValue.reader(column, field.getType(), times));
        }
        return new JsonRow(column, type.getFieldNames(), readers, needed);
    }

    /** Reads the object at whose start the parser is. */
    GenericRowData of(JsonParser parser, byte[] record) throws IOException {
        GenericRowData row = new GenericRowData(readers.length);
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            Integer at = positions.get(parser.currentName());
            parser.nextToken();
            if (at == null) {
                parser.skipChildren();
            } else {
                row.setField(at, readers[at].of(parser, record));
            }
        }
        for (int i = 0; i < needed.length; i++) {
            if (needed[i] != null && row.isNullAt(i)) {
                throw new Undecodable(column + ": the field " + needed[i] + " is missing, but it is not null");
            }
        }
        return row;
    }
}
