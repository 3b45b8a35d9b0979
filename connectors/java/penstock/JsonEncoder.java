package penstock;

import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.List;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.core.memory.MemorySegment;
import org.apache.flink.formats.common.TimeFormats;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.data.binary.BinaryStringData;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeFamily;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeChecks;

/**
 * Writes rows of scalar columns as JSON, byte for byte as Flink's encoder does with ISO 8601 timestamps and plain decimals; only characters
 * outside the Basic Multilingual Plane, which Flink escapes, are written in UTF-8. Flink builds a tree of objects for each row first. Here,
 * texts are copied from the memory of the row, and whole numbers, decimals and times are written without a {@code String}.
 */
final class JsonEncoder implements SerializationSchema<RowData> {
    private static final long serialVersionUID = 1L;
    private static final byte[] NULL = "null".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] TRUE = "true".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] FALSE = "false".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] EMPTY = "{}".getBytes(StandardCharsets.US_ASCII);
    private static final int LAST_DAY = 2_932_896; // 9999-12-31
    private static final int FIRST_DAY = -719_528; // 0000-01-01
    private static final long DAY_MILLIS = 86_400_000;

    /** What comes before each value: the brace or the comma, and the key. */
    private final byte[][] heads;

    private final LogicalTypeRoot[] roots;
    private final int[] precisions;
    private final int[] scales;
    private transient JsonOutput out;

    JsonEncoder(RowType row) {
        List<String> names = row.getFieldNames();
        int count = names.size();
        heads = new byte[count][];
        roots = new LogicalTypeRoot[count];
        precisions = new int[count];
        scales = new int[count];
        for (int i = 0; i < count; i++) {
            LogicalType type = row.getTypeAt(i);
            String head = (i == 0 ? "{\"" : ",\"") + names.get(i) + "\":";
            heads[i] = head.getBytes(StandardCharsets.UTF_8);
            roots[i] = type.getTypeRoot();
            boolean decimal = type.is(LogicalTypeRoot.DECIMAL);
            precisions[i] = decimal || type.is(LogicalTypeFamily.TIMESTAMP) ? LogicalTypeChecks.getPrecision(type) : 0;
            scales[i] = decimal ? LogicalTypeChecks.getScale(type) : 0;
        }
    }

    @Override
    public byte[] serialize(RowData row) {
        if (out == null) {
            out = new JsonOutput();
        }
        out.start();
        if (heads.length == 0) {
            return EMPTY.clone();
        }
        for (int i = 0; i < heads.length; i++) {
            out.bytes(heads[i]);
            if (row.isNullAt(i)) {
                out.bytes(NULL);
            } else {
                value(row, i);
            }
        }
        out.character('}');
        return out.copy();
    }

    private void value(RowData row, int i) {
        switch (roots[i]) {
            case CHAR:
            case VARCHAR:
                text(row.getString(i));
                break;
            case BOOLEAN:
                out.bytes(row.getBoolean(i) ? TRUE : FALSE);
                break;
            case TINYINT:
                out.number(row.getByte(i));
                break;
            case SMALLINT:
                out.number(row.getShort(i));
                break;
            case INTEGER:
                out.number(row.getInt(i));
                break;
            case BIGINT:
                out.number(row.getLong(i));
                break;
            case FLOAT:
                float single = row.getFloat(i);
                real(Float.toString(single), Float.isFinite(single));
                break;
            case DOUBLE:
                double real = row.getDouble(i);
                real(Double.toString(real), Double.isFinite(real));
                break;
            case DECIMAL:
                decimal(row.getDecimal(i, precisions[i], scales[i]), scales[i]);
                break;
            case BINARY:
            case VARBINARY:
                out.quoted(Base64.getEncoder().encode(row.getBinary(i)));
                break;
            default:
                time(row, i);
        }
    }

    private void time(RowData row, int i) {
        out.character('"');
        switch (roots[i]) {
            case DATE:
                date(row.getInt(i));
                break;
            case TIME_WITHOUT_TIME_ZONE:
                clock(row.getInt(i), 0);
                break;
            case TIMESTAMP_WITHOUT_TIME_ZONE:
                timestamp(row.getTimestamp(i, precisions[i]), false);
                break;
            default:
                timestamp(row.getTimestamp(i, precisions[i]), true);
        }
        out.character('"');
    }

    private void text(StringData data) {
        BinaryStringData string = (BinaryStringData) data;
        string.ensureMaterialized();
        MemorySegment[] segments = string.getSegments();
        boolean done = segments.length == 1 && !segments[0].isOffHeap()
                && out.ascii(segments[0].getArray(), string.getOffset(), string.getSizeInBytes());
        if (!done) {
            out.text(string.toString().getBytes(StandardCharsets.UTF_8));
        }
    }

    private void real(String digits, boolean finite) {
        if (finite) {
            out.latin(digits);
        } else {
            out.quoted(digits.getBytes(StandardCharsets.US_ASCII));
        }
    }

    private void decimal(DecimalData value, int scale) {
        if (!value.isCompact() || scale > 17) {
            out.latin(value.toBigDecimal().toPlainString());
            return;
        }
        long unscaled = value.toUnscaledLong();
        if (unscaled < 0) {
            out.character('-');
            unscaled = -unscaled;
        }
        if (scale == 0) {
            out.number(unscaled);
            return;
        }
        long unit = JsonOutput.TENS[scale];
        out.number(unscaled / unit);
        out.character('.');
        out.padded(unscaled % unit, scale);
    }

    private void timestamp(TimestampData time, boolean zoned) {
        long millis = time.getMillisecond();
        long day = Math.floorDiv(millis, DAY_MILLIS);
        if (day < FIRST_DAY || day > LAST_DAY) {
            out.latin((zoned ? TimeFormats.ISO8601_TIMESTAMP_WITH_LOCAL_TIMEZONE_FORMAT : TimeFormats.ISO8601_TIMESTAMP_FORMAT)
                    .format(time.toInstant().atOffset(ZoneOffset.UTC)));
            return;
        }
        date((int) day);
        out.character('T');
        clock((int) Math.floorMod(millis, DAY_MILLIS), time.getNanoOfMillisecond());
        if (zoned) {
            out.character('Z');
        }
    }

    private void date(int days) {
        LocalDate date = LocalDate.ofEpochDay(days);
        if (days < FIRST_DAY || days > LAST_DAY) {
            out.latin(date.toString());
            return;
        }
        out.padded(date.getYear(), 4);
        out.character('-');
        out.padded(date.getMonthValue(), 2);
        out.character('-');
        out.padded(date.getDayOfMonth(), 2);
    }

    private void clock(int millis, int nanosOfMilli) {
        int seconds = millis / 1000;
        int nanos = millis % 1000 * 1_000_000 + nanosOfMilli;
        out.padded(seconds / 3600, 2);
        out.character(':');
        out.padded(seconds / 60 % 60, 2);
        out.character(':');
        out.padded(seconds % 60, 2);
        if (nanos > 0) {
            int digits = 9;
            int fraction = nanos;
            while (fraction % 10 == 0) {
                fraction /= 10;
                digits--;
            }
            out.character('.');
            out.padded(fraction, digits);
        }
    }
}
