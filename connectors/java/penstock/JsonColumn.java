package penstock;

import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeFamily;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.VarCharType;
import org.apache.flink.table.types.logical.utils.LogicalTypeChecks;

/** A key of the objects that {@link JsonBytes} reads, with the column that has its values. */
final class JsonColumn implements Serializable {
    private static final long serialVersionUID = 1L;
    private static final int EXACT_LONG = 18; // digits that always fit into a long
    private static final int EXACT_DOUBLE = 15; // digits that always fit into the 53 bits of a double

    /** The powers of ten that a double holds exactly. One operation on two exact doubles is correctly rounded (W. D. Clinger, 1990). */
    private static final double[] TENS = {
            1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22
    };

    final byte[] key;

    /** The position in the row; -1 for a key without a column. */
    final int place;

    private final LogicalTypeRoot root;

    /** Converts the texts of scalars; null for other types, whose values {@code nested} reads with Jackson. */
    private final TextValue scalar;

    private final JsonValue nested;

    /** Whether any text is a value of this type. */
    private final boolean unlimited;

    /** Of timestamps: whether their texts may have three digits of the second's fraction, and are not numbers. */
    private final boolean usualTime;

    private final int precision;
    private final int scale;

    private JsonColumn(byte[] key) {
        this.key = key;
        place = -1;
        root = null;
        scalar = null;
        nested = null;
        unlimited = false;
        usualTime = false;
        precision = 0;
        scale = 0;
    }

    /** {@code times} is how times are read, see {@link TimeText}. */
    JsonColumn(String name, LogicalType type, String times, int place) {
        key = name.getBytes(StandardCharsets.UTF_8);
        this.place = place;
        root = type.getTypeRoot();
        boolean constructed = type.is(LogicalTypeFamily.CONSTRUCTED);
        scalar = constructed ? null : TextValue.reader(name, type, times);
        nested = constructed ? JsonValue.reader(name, type.copy(true), times) : null;
        unlimited = type instanceof VarCharType && ((VarCharType) type).getLength() == VarCharType.MAX_LENGTH;
        boolean time = type.is(LogicalTypeFamily.TIMESTAMP);
        boolean decimal = root == LogicalTypeRoot.DECIMAL;
        precision = time || decimal ? LogicalTypeChecks.getPrecision(type) : 0;
        scale = decimal ? LogicalTypeChecks.getScale(type) : 0;
        usualTime = time && precision >= 3 && !times.startsWith("epoch");
    }

    static JsonColumn unknown(byte[] key) {
        return new JsonColumn(key);
    }

    /** The value at the current position. Throws {@link JsonBytes.Unusual} if Jackson must read the record. */
    Object read(JsonText in) throws IOException {
        byte first = in.next();
        if (first == 'n') {
            in.literal("null");
            return null;
        }
        if (nested != null) {
            return nested(in);
        }
        switch (root) {
            case CHAR:
            case VARCHAR:
                return text(in, first == '"');
            case BOOLEAN:
                if (first == 't' || first == 'f') {
                    in.literal(first == 't' ? "true" : "false");
                    return first == 't';
                }
                break;
            case TIMESTAMP_WITHOUT_TIME_ZONE:
            case TIMESTAMP_WITH_LOCAL_TIME_ZONE:
                long millis = first == '"' && usualTime
                        ? in.timestamp(root == LogicalTypeRoot.TIMESTAMP_WITH_LOCAL_TIME_ZONE)
                        : JsonText.OTHER;
                if (millis != JsonText.OTHER) {
                    return TimestampData.fromEpochMillis(millis);
                }
                break;
            default:
        }
        return first == '"' ? scalar.of(in.string().toString()) : number(in);
    }

    private Object text(JsonText in, boolean quoted) throws Undecodable {
        if (quoted) {
            StringData text = in.string();
            return unlimited ? text : scalar.of(text.toString());
        }
        int start = in.at;
        in.skip();
        return scalar.of(new String(in.bytes, start, in.at - start, StandardCharsets.UTF_8));
    }

    private Object nested(JsonText in) throws IOException {
        int start = in.at;
        in.skip();
        byte[] value = Arrays.copyOfRange(in.bytes, start, in.at);
        try (JsonParser parser = JsonSchema.parser(value)) {
            parser.nextToken();
            return nested.of(parser, value);
        }
    }

    private Object number(JsonText in) throws Undecodable {
        if (root == LogicalTypeRoot.VARBINARY) {
            throw JsonBytes.unusual();
        }
        int start = in.at;
        in.number();
        Object exact = in.digits <= EXACT_LONG ? exact(in) : null;
        return exact != null ? exact : scalar.of(in.text(start));
    }

    /** The value of the number that was read last, if it needs no more than one exact operation; else null. */
    private Object exact(JsonText in) {
        boolean whole = in.fraction == 0 && in.exponent == 0;
        long value = in.negative ? -in.mantissa : in.mantissa;
        switch (root) {
            case TINYINT:
                return whole && value == (byte) value ? (Object) (byte) value : null;
            case SMALLINT:
                return whole && value == (short) value ? (Object) (short) value : null;
            case INTEGER:
                return whole && value == (int) value ? (Object) (int) value : null;
            case BIGINT:
                return whole ? (Object) value : null;
            case DOUBLE:
                int power = in.exponent - in.fraction;
                if (in.digits > EXACT_DOUBLE || power < -22 || power > 22) {
                    return null;
                }
                double found = power < 0 ? in.mantissa / TENS[-power] : in.mantissa * TENS[power];
                return in.negative ? -found : found;
            case DECIMAL:
                int zeros = scale - in.fraction;
                if (in.exponent != 0 || zeros < 0 || in.digits + zeros > precision || precision > EXACT_LONG) {
                    return null;
                }
                return DecimalData.fromUnscaledLong(value * (long) TENS[zeros], precision, scale);
            default:
                return null;
        }
    }
}
