package penstock;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
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
        checkEncoding(message);
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

    /** Jackson, and Java for records in UTF-16, replace or accept bytes that are not well-formed silently. */
    private static void checkEncoding(byte[] message) throws Undecodable {
        Charset found = encoding(message);
        if (found == null) {
            int at = Utf8.illFormed(message);
            if (at >= 0) {
                throw new Undecodable("invalid UTF-8 at byte " + (at + 1));
            }
            return;
        }
        try {
            found.newDecoder().decode(ByteBuffer.wrap(message));
        } catch (CharacterCodingException e) {
            throw new Undecodable("invalid " + found.name());
        }
    }

    /** The encoding in which Jackson will read a record, by its byte order mark or the zeros around its first character; null for UTF-8. */
    private static Charset encoding(byte[] message) {
        if (message.length < 2) {
            return null;
        }
        int first = (message[0] & 0xFF) << 8 | message[1] & 0xFF;
        boolean zeros = message.length > 3 && message[2] == 0 && message[3] == 0;
        if (first == 0) {
            return Charset.forName("UTF-32BE");
        }
        if (first == 0xFEFF || message[0] == 0) {
            return StandardCharsets.UTF_16BE;
        }
        if (first == 0xFFFE || message[1] == 0) {
            return zeros ? Charset.forName("UTF-32LE") : StandardCharsets.UTF_16LE;
        }
        return null;
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
