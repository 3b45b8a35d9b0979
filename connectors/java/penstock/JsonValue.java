package penstock;

import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonToken;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;

/** Converts the current value of a JSON parser to Flink's internal value of a type, or rejects it; see {@link TextValue}. */
interface JsonValue extends Serializable {
    /** {@code record} holds the bytes that the parser reads. The parser is left at the last token of the value. */
    Object of(JsonParser parser, byte[] record) throws IOException;

    /** The reader of a column, or of what an array, a map or a row of the column contains. */
    static JsonValue reader(String column, LogicalType type, String times) {
        JsonValue some = present(column, type, times);
        boolean nullable = type.isNullable();
        return (parser, record) -> {
            if (parser.currentToken() != JsonToken.VALUE_NULL) {
                return some.of(parser, record);
            }
            if (nullable) {
                return null;
            }
            throw new Undecodable(
                    column + ": null is not allowed inside its value, because " + Undecodable.name(type) + " is not null there");
        };
    }

    private static JsonValue present(String column, LogicalType type, String times) {
        switch (type.getTypeRoot()) {
            case ARRAY:
                return array(column, (ArrayType) type, times);
            case MAP:
                return map(column, (MapType) type, times);
            case ROW:
                JsonRow row = JsonRow.inside(column, (RowType) type, times);
                return (parser, record) -> {
                    expect(JsonToken.START_OBJECT, parser, column, type);
                    return row.of(parser, record);
                };
            default:
                TextValue scalar = TextValue.reader(column, type, times);
                boolean text = Undecodable.isText(type);
                boolean bytes = type.is(LogicalTypeRoot.VARBINARY);
                return (parser, record) -> {
                    JsonToken token = parser.currentToken();
                    if (token.isStructStart() && text) {
                        return scalar.of(slice(column, parser, record));
                    }
                    if (token.isStructStart() || (bytes && token != JsonToken.VALUE_STRING)) {
                        throw Undecodable.value(column, found(parser), type, bytes ? "expected a text in base64" : "expected one value");
                    }
                    return scalar.of(text ? wellFormed(column, type, parser.getText()) : parser.getText());
                };
        }
    }

    private static JsonValue array(String column, ArrayType type, String times) {
        JsonValue element = reader(column, type.getElementType(), times);
        return (parser, record) -> {
            expect(JsonToken.START_ARRAY, parser, column, type);
            List<Object> values = new ArrayList<>();
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                values.add(element.of(parser, record));
            }
            return new GenericArrayData(values.toArray());
        };
    }

    private static JsonValue map(String column, MapType type, String times) {
        TextValue key = TextValue.reader(column, type.getKeyType(), times);
        JsonValue value = reader(column, type.getValueType(), times);
        return (parser, record) -> {
            expect(JsonToken.START_OBJECT, parser, column, type);
            Map<Object, Object> pairs = new HashMap<>();
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                Object name = key.of(wellFormed(column, type.getKeyType(), parser.currentName()));
                parser.nextToken();
                pairs.put(name, value.of(parser, record));
            }
            return new GenericMapData(pairs);
        };
    }

    /** An escape may state half of a surrogate pair, which a text of Flink cannot hold. */
    private static String wellFormed(String column, LogicalType type, String text) throws Undecodable {
        if (!Utf8.canExpress(text)) {
            throw Undecodable.value(column, text, type, "expected valid Unicode, found half of a surrogate pair");
        }
        return text;
    }

    private static void expect(JsonToken wanted, JsonParser parser, String column, LogicalType type) throws IOException {
        if (parser.currentToken() != wanted) {
            String what = wanted == JsonToken.START_ARRAY ? "a JSON list" : "a JSON object";
            throw Undecodable.value(column, found(parser), type, "expected " + what);
        }
    }

    private static String found(JsonParser parser) throws IOException {
        switch (parser.currentToken()) {
            case START_OBJECT:
                return "{...}";
            case START_ARRAY:
                return "[...]";
            default:
                return parser.getText();
        }
    }

    /** The text of an object or a list as it is in the record. A text column keeps it unchanged, such as the digits of its numbers. */
    private static String slice(String column, JsonParser parser, byte[] record) throws IOException {
        int start = (int) parser.currentTokenLocation().getByteOffset();
        if (start < 0) {
            throw new Undecodable(column + ": an object or a list in a text column is read only from records in UTF-8");
        }
        parser.skipChildren();
        int end = (int) parser.currentTokenLocation().getByteOffset() + 1;
        return new String(record, start, end - start, StandardCharsets.UTF_8);
    }
}
