package penstock;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;

/**
 * Encodes generated rows with Penstock's encoder and with Flink's: the bytes must be the same. The exit code is 1 at the first difference.
 * Characters outside the Basic Multilingual Plane are compared with their UTF-8, because Flink's encoder escapes them.
 *
 * <p>Arguments: the number of rows, and the seed.
 */
public final class JsonEncoderTwins {
    private static final String[] TYPES = {
            "BOOLEAN", "TINYINT", "SMALLINT", "INT", "BIGINT", "FLOAT", "DOUBLE", "DECIMAL(10, 2)", "DECIMAL(18, 18)", "DECIMAL(18, 0)",
            "DECIMAL(38, 10)", "STRING", "STRING", "VARCHAR(30)", "BYTES", "DATE", "TIME", "TIMESTAMP(0)", "TIMESTAMP(3)", "TIMESTAMP(9)",
            "TIMESTAMP_LTZ(3)", "TIMESTAMP_LTZ(9)"
    };
    private static final long[] EDGES = {0, 1, -1, 9, 10, 99, 100, Long.MAX_VALUE, Long.MIN_VALUE, Integer.MAX_VALUE, Integer.MIN_VALUE};

    private final Random dice;

    private JsonEncoderTwins(long seed) {
        dice = new Random(seed);
    }

    private long whole() {
        return dice.nextInt(4) == 0 ? EDGES[dice.nextInt(EDGES.length)] : dice.nextLong() >> dice.nextInt(64);
    }

    private StringData text() {
        StringBuilder made = new StringBuilder();
        boolean ascii = dice.nextInt(3) > 0;
        for (int length = dice.nextInt(dice.nextInt(20) == 0 ? 3000 : 40); length > 0; length--) {
            int code = dice.nextInt(12) == 0 ? dice.nextInt(0x10000) : dice.nextInt(0x80);
            boolean plain = code < 0x80 && dice.nextInt(8) > 0;
            made.appendCodePoint(
                    (ascii && code >= 0x80) || (code >= 0xD800 && code < 0xE000) || plain ? 'a' + Math.floorMod(code, 26) : code);
        }
        byte[] bytes = ("<" + made + ">").getBytes(StandardCharsets.UTF_8);
        return dice.nextBoolean() ? StringData.fromString(made.toString()) : StringData.fromBytes(bytes, 1, bytes.length - 2);
    }

    private Object value(LogicalType type) {
        switch (type.getTypeRoot()) {
            case BOOLEAN:
                return dice.nextBoolean();
            case TINYINT:
                return (byte) whole();
            case SMALLINT:
                return (short) whole();
            case INTEGER:
                return (int) whole();
            case BIGINT:
                return whole();
            case FLOAT:
                return dice.nextBoolean() ? (float) dice.nextGaussian() : Float.intBitsToFloat(dice.nextInt());
            case DOUBLE:
                return dice.nextBoolean() ? dice.nextInt(1000) / 8.0 : Double.longBitsToDouble(dice.nextLong());
            case DECIMAL:
                DecimalType decimal = (DecimalType) type;
                BigInteger unscaled = new BigInteger(dice.nextInt(4 * decimal.getPrecision()) + 1, dice);
                BigDecimal number = new BigDecimal(dice.nextBoolean() ? unscaled : unscaled.negate(), decimal.getScale());
                return DecimalData.fromBigDecimal(number, decimal.getPrecision(), decimal.getScale());
            case VARCHAR:
                return text();
            case VARBINARY:
                byte[] bytes = new byte[dice.nextInt(20)];
                dice.nextBytes(bytes);
                return bytes;
            case DATE:
                return dice.nextInt(3_800_000) - 800_000;
            case TIME_WITHOUT_TIME_ZONE:
                return dice.nextInt(86_400_000);
            default:
                long millis = (dice.nextInt(10) == 0 ? dice.nextInt(400_000_000) - 200_000_000L : dice.nextInt()) * 1000L;
                boolean fraction = dice.nextBoolean();
                return TimestampData.fromEpochMillis(
                        millis + (fraction ? dice.nextInt(1000) : 0), fraction && dice.nextBoolean() ? dice.nextInt(1_000_000) : 0);
        }
    }

    public static void main(String[] arguments) throws Exception {
        int count = Integer.parseInt(arguments[0]);
        JsonEncoderTwins twins = new JsonEncoderTwins(Long.parseLong(arguments[1]));
        LogicalType[] types = Arrays.stream(TYPES)
                .map(type -> LogicalTypeParser.parse(type, JsonEncoderTwins.class.getClassLoader()))
                .toArray(LogicalType[]::new);
        RowType row = RowType.of(types);
        JsonEncoder ours = new JsonEncoder(row);
        SerializationSchema<RowData> flink = JsonFormatFactory.flink(row);
        flink.open(null);
        for (int i = 0; i < count; i++) {
            GenericRowData one = new GenericRowData(types.length);
            for (int at = 0; at < types.length; at++) {
                one.setField(at, twins.dice.nextInt(10) == 0 ? null : twins.value(types[at]));
            }
            List<String> found = List.of(
                    new String(ours.serialize(one), StandardCharsets.UTF_8),
                    new String(flink.serialize(one), StandardCharsets.UTF_8));
            if (!found.get(0).equals(found.get(1))) {
                System.out.println("row " + i + "\nours:  " + found.get(0) + "\nflink: " + found.get(1));
                System.exit(1);
            }
        }
        String wide = "a\ud83d\ude00\\b";
        JsonEncoder one = new JsonEncoder(RowType.of(types[11]));
        String found = new String(one.serialize(GenericRowData.of(StringData.fromString(wide))), StandardCharsets.UTF_8);
        if (!found.equals("{\"f0\":\"a\ud83d\ude00\\\\b\"}")) {
            System.out.println("ours:  " + found);
            System.exit(1);
        }
        System.out.println(count);
    }
}
