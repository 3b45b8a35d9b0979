package penstock;

import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeFamily;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.VarCharType;
import org.apache.flink.table.types.logical.utils.LogicalTypeChecks;

/**
 * Reads a JSON object from its bytes into a row, without a token or a {@code String} for each value: texts are slices of the record.
 *
 * <p>It reads only well-formed objects whose columns are scalars, which nearly all records are. For any other record it returns null, and
 * {@link JsonSchema} reads that one with Jackson, so the two must agree only on what this class accepts. A value that its type cannot hold
 * is rejected by the same {@link TextValue}.
 */
final class JsonBytes implements Serializable {
    private static final long serialVersionUID = 1L;
    private static final Unusual UNUSUAL = new Unusual();
    private static final int DEEPEST = 64;
    private static final int LONGEST_KEY = 1000;
    private static final int MOST_KEYS = 256;
    private static final int LONGEST_NUMBER = 500;
    private static final int EXACT_LONG = 18; // digits that always fit into a long
    private static final int EXACT_DOUBLE = 15; // digits that always fit into the 53 bits of a double

    /** The powers of ten that a double holds exactly. One operation on two exact doubles is correctly rounded (W. D. Clinger, 1990). */
    private static final double[] TENS = {
            1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22
    };

    private final byte[][] keys;
    private final LogicalTypeRoot[] roots;
    private final TextValue[] values;
    private final boolean[] limited;

    /** Of timestamps: whether their texts may have three digits of the second's fraction, and are not numbers. */
    private final boolean[] usualTime;

    private final int[] precisions;
    private final int[] scales;
    private final int[] places;
    private final int arity;
    private final JsonText in = new JsonText();

    /** The keys of the last record, in their order, and their columns: the next record mostly has the same. */
    private final byte[][] usual = new byte[MOST_KEYS][];

    private final int[] columns = new int[MOST_KEYS];

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
        this.places = places;
        this.arity = arity;
        int count = names.size();
        keys = new byte[count][];
        roots = new LogicalTypeRoot[count];
        values = new TextValue[count];
        limited = new boolean[count];
        usualTime = new boolean[count];
        precisions = new int[count];
        scales = new int[count];
        for (int i = 0; i < count; i++) {
            LogicalType type = types.get(i);
            keys[i] = names.get(i).getBytes(StandardCharsets.UTF_8);
            roots[i] = type.getTypeRoot();
            values[i] = TextValue.reader(names.get(i), type, times.getOrDefault(names.get(i), "iso"));
            limited[i] = !(type instanceof VarCharType) || ((VarCharType) type).getLength() < VarCharType.MAX_LENGTH;
            boolean text = !times.getOrDefault(names.get(i), "iso").startsWith("epoch");
            usualTime[i] = text && type.is(LogicalTypeFamily.TIMESTAMP) && LogicalTypeChecks.getPrecision(type) >= 3;
            if (type instanceof DecimalType) {
                precisions[i] = ((DecimalType) type).getPrecision();
                scales[i] = ((DecimalType) type).getScale();
            }
        }
    }

    /** The row of a record, or null for a record that Jackson must read. */
    GenericRowData read(byte[] record) throws Undecodable {
        in.start(record);
        try {
            GenericRowData row = object();
            return in.atEnd() ? row : null;
        } catch (Unusual | ArrayIndexOutOfBoundsException e) { // the latter: the record ends inside a value
            return null;
        }
    }

    private GenericRowData object() throws Undecodable {
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
            int key = key(count++);
            in.spaces();
            in.expect(':');
            in.spaces();
            if (key < 0) {
                in.skip(DEEPEST);
            } else {
                row.setField(places[key], value(key));
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

    /** The column of the key at the current position, the number {@code count} of the record; -1 for another key. */
    private int key(int count) {
        in.expect('"');
        if (count < usual.length && in.hasKey(usual[count])) {
            return columns[count];
        }
        int start = in.at;
        int length = in.plainKey() - start;
        if (length > LONGEST_KEY) {
            throw UNUSUAL;
        }
        int found = keys.length - 1;
        while (found >= 0
                && (keys[found].length != length
                        || !Arrays.equals(in.bytes, start, start + length, keys[found], 0, length))) {
            found--;
        }
        if (count < usual.length) {
            usual[count] = Arrays.copyOfRange(in.bytes, start, start + length);
            columns[count] = found;
        }
        return found;
    }

    private Object value(int key) throws Undecodable {
        byte first = in.next();
        if (first == 'n') {
            in.literal("null");
            return null;
        }
        switch (roots[key]) {
            case CHAR:
            case VARCHAR:
                if (first != '"') {
                    throw UNUSUAL;
                }
                StringData text = in.string();
                return limited[key] ? values[key].of(text.toString()) : text;
            case BOOLEAN:
                if (first == 't') {
                    in.literal("true");
                    return Boolean.TRUE;
                }
                if (first == 'f') {
                    in.literal("false");
                    return Boolean.FALSE;
                }
                throw UNUSUAL;
            case TIMESTAMP_WITHOUT_TIME_ZONE:
            case TIMESTAMP_WITH_LOCAL_TIME_ZONE:
                if (first == '"' && usualTime[key]) {
                    long millis = in.timestamp(roots[key] == LogicalTypeRoot.TIMESTAMP_WITH_LOCAL_TIME_ZONE);
                    if (millis != JsonText.OTHER) {
                        return TimestampData.fromEpochMillis(millis);
                    }
                }
                return first == '"' ? quoted(key) : number(key);
            default:
                return first == '"' ? quoted(key) : number(key);
        }
    }

    private Object quoted(int key) throws Undecodable {
        if (values[key] == null) {
            throw UNUSUAL;
        }
        return values[key].of(in.string().toString());
    }

    private Object number(int key) throws Undecodable {
        LogicalTypeRoot root = roots[key];
        if (values[key] == null || root == LogicalTypeRoot.VARBINARY) {
            throw UNUSUAL;
        }
        int start = in.at;
        in.number();
        if (in.at - start > LONGEST_NUMBER) {
            throw UNUSUAL;
        }
        Object exact = in.digits <= EXACT_LONG ? exact(key, root) : null;
        return exact != null ? exact : values[key].of(in.text(start));
    }

    /** The value of the number that was read last, if it needs no more than one exact operation; else null. */
    private Object exact(int key, LogicalTypeRoot root) {
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
                int zeros = scales[key] - in.fraction;
                if (in.exponent != 0 || zeros < 0 || in.digits + zeros > precisions[key] || precisions[key] > EXACT_LONG) {
                    return null;
                }
                return DecimalData.fromUnscaledLong(value * (long) TENS[zeros], precisions[key], scales[key]);
            default:
                return null;
        }
    }
}
