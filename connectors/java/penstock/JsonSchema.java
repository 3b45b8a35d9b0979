package penstock;

import java.io.IOException;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonFactory;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonLocation;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonToken;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.json.JsonReadFeature;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.Collector;

/**
 * Decodes JSON records: one object, or a list of objects. Text after that, which Flink's decoder ignores, makes a record undecodable.
 * {@link JsonBytes} reads most records, and Jackson the others.
 *
 * <p>As Flink's decoder does, it accepts the words NaN and Infinity, and control characters in texts.
 */
final class JsonSchema implements DeserializationSchema<RowData> {
    private static final long serialVersionUID = 1L;
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .enable(JsonReadFeature.ALLOW_UNESCAPED_CONTROL_CHARS)
            .build();

    private final JsonBytes bytes;
    private final JsonRow row;
    private final TypeInformation<RowData> produced;

    /** Both readers produce the same rows. */
    JsonSchema(JsonBytes bytes, JsonRow row, TypeInformation<RowData> produced) {
        this.bytes = bytes;
        this.row = row;
        this.produced = produced;
    }

    @Override
    public RowData deserialize(byte[] message) {
        throw new UnsupportedOperationException("a record may hold several rows");
    }

    @Override
    public void deserialize(byte[] message, Collector<RowData> out) throws IOException {
        RowData usual = bytes.read(message);
        if (usual == null) {
            unusual(message, out);
        } else {
            out.collect(usual);
        }
    }

    void unusual(byte[] message, Collector<RowData> out) throws IOException {
        int at = isUtf8(message) ? Utf8.illFormed(message) : -1;
        if (at >= 0) {
            throw new Undecodable("invalid UTF-8 at byte " + (at + 1));
        }
        try (JsonParser parser = parser(message)) {
            if (parser.nextToken() == JsonToken.START_ARRAY) {
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    out.collect(object(parser, message));
                }
            } else {
                out.collect(object(parser, message));
            }
            if (parser.nextToken() != null) {
                throw new Undecodable("invalid JSON" + place(parser.currentTokenLocation()) + ": expected the end of the record");
            }
        } catch (JsonProcessingException e) {
            String why = e.getOriginalMessage().replaceFirst("(?s) \\(start marker at .*", "").replaceFirst("(?s)\n.*", "");
            throw new Undecodable("invalid JSON" + place(e.getLocation()) + ": " + why);
        }
    }

    /** Whether Jackson will read a record as UTF-8, and not as UTF-16 or UTF-32: those begin with a byte order mark or contain a zero. */
    private static boolean isUtf8(byte[] message) {
        boolean mark = message.length > 1 && ((message[0] & 0xFF) == 0xFE || (message[0] & 0xFF) == 0xFF);
        boolean zero = message.length > 1 && (message[0] == 0 || message[1] == 0);
        return !mark && !zero;
    }

    static JsonParser parser(byte[] text) throws IOException {
        return FACTORY.createParser(text);
    }

    private RowData object(JsonParser parser, byte[] message) throws IOException {
        JsonToken token = parser.currentToken();
        if (token != JsonToken.START_OBJECT) {
            String found = token == null ? "nothing" : token == JsonToken.START_ARRAY ? "a list" : Undecodable.shown(parser.getText());
            throw new Undecodable("expected a JSON object, found " + found);
        }
        return row.of(parser, message);
    }

    private static String place(JsonLocation location) {
        if (location == null) {
            return "";
        }
        String line = location.getLineNr() > 1 ? " at line " + location.getLineNr() + ", column " : " at column ";
        return line + location.getColumnNr();
    }

    @Override
    public boolean isEndOfStream(RowData next) {
        return false;
    }

    @Override
    public TypeInformation<RowData> getProducedType() {
        return produced;
    }
}
