package penstock;

import java.util.Arrays;
import java.util.Random;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;

/**
 * Measures how long it takes to encode a row of 9 fields as about 200 bytes of JSON, with Penstock's encoder and with Flink's. The encoders
 * take turns; the median of the rounds is printed in nanoseconds.
 */
public final class EncodeJson {
    private static final int ROWS = 2000;
    private static final int ROUNDS = 41;
    private static final int REPEATS = 20;
    private static final String[] TYPES = {
            "BIGINT", "STRING", "STRING", "DOUBLE", "INT", "TIMESTAMP_LTZ(3)", "STRING", "BOOLEAN", "STRING"
    };
    private static final String[] NAMES = {"id", "user", "kind", "amount", "quantity", "at", "country", "valid", "note"};

    public static void main(String[] arguments) throws Exception {
        LogicalType[] types = Arrays.stream(TYPES)
                .map(type -> LogicalTypeParser.parse(type, EncodeJson.class.getClassLoader()))
                .toArray(LogicalType[]::new);
        RowType row = RowType.of(types, NAMES);
        SerializationSchema<RowData> flink = JsonFormatFactory.flink(row);
        flink.open(null);
        String[] labels = {"penstock", "flink"};
        @SuppressWarnings("unchecked")
        SerializationSchema<RowData>[] encoders = new SerializationSchema[] {new JsonEncoder(row), flink};
        RowData[] rows = rows();
        double[][] times = new double[encoders.length][ROUNDS];
        long bytes = 0;
        for (int round = 0; round < ROUNDS; round++) {
            for (int i = 0; i < encoders.length; i++) {
                long begun = System.nanoTime();
                for (int repeat = 0; repeat < REPEATS; repeat++) {
                    for (RowData one : rows) {
                        bytes += encoders[i].serialize(one).length;
                    }
                }
                times[i][round] = (System.nanoTime() - begun) / (double) (ROWS * REPEATS);
            }
        }
        for (int i = 0; i < encoders.length; i++) {
            Arrays.sort(times[i]);
            System.out.printf("encode 9 fields    %-18s %7.0f ns%n", labels[i], times[i][ROUNDS / 2]);
        }
        System.err.println(bytes); // so that no encoding is optimized away
    }

    /** Texts are bytes, as they are after a source, and a shuffle. */
    private static RowData[] rows() {
        Random dice = new Random(5);
        RowData[] made = new RowData[ROWS];
        for (int i = 0; i < ROWS; i++) {
            made[i] = GenericRowData.of(
                    1_000_000_000L + i,
                    text(String.format("user-%06d", dice.nextInt(1_000_000))),
                    text(dice.nextBoolean() ? "purchase" : "refund"),
                    dice.nextInt(100_000) / 100.0,
                    dice.nextInt(100),
                    TimestampData.fromEpochMillis(1_769_860_800_000L + i * 250L),
                    text(dice.nextBoolean() ? "DE" : "US"),
                    dice.nextBoolean(),
                    text("an order of some length, number " + i));
        }
        return made;
    }

    private static StringData text(String text) {
        return StringData.fromBytes(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }
}
