package penstock;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.flink.api.common.functions.util.ListCollector;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.formats.common.TimestampFormat;
import org.apache.flink.formats.json.JsonParserRowDataDeserializationSchema;
import org.apache.flink.formats.json.JsonRowDataDeserializationSchema;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;

/**
 * Measures how long it takes to decode one JSON record of about 200 bytes: with Penstock's decoder, with its form that reads with Jackson,
 * and with Flink's two decoders. The decoders take turns; the median of the rounds is printed in nanoseconds.
 */
public final class DecodeJson {
    private static final int RECORDS = 2000;
    private static final int ROUNDS = 41;
    private static final int REPEATS = 20;

    private interface Decoder {
        void read(byte[] record, ListCollector<RowData> out) throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        String[][] all = {
                {"id", "BIGINT"}, {"user", "STRING"}, {"kind", "STRING"}, {"amount", "DOUBLE"}, {"quantity", "INT"},
                {"at", "TIMESTAMP_LTZ(3)"},
                {"country", "STRING"}, {"valid", "BOOLEAN"}, {"note", "STRING"}
        };
        for (int used : new int[] {9, 3}) {
            List<String> names = new ArrayList<>();
            List<LogicalType> types = new ArrayList<>();
            for (int i = 0; i < used; i++) {
                names.add(all[used == 9 ? i : 3 * i][0]);
                types.add(LogicalTypeParser.parse(all[used == 9 ? i : 3 * i][1], DecodeJson.class.getClassLoader()));
            }
            measure(used, names, types);
        }
    }

    private static void measure(int used, List<String> names, List<LogicalType> types) throws Exception {
        RowType row = RowType.of(types.toArray(new LogicalType[0]), names.toArray(new String[0]));
        int[] places = IntStream.range(0, used).toArray();
        JsonBytes bytes = new JsonBytes(names, types, Map.of(), places, used);
        JsonSchema jackson = new JsonSchema(bytes, JsonRow.ofRecord(names, types, Map.of(), places, used), null);
        DeserializationSchema<RowData> tree = new JsonRowDataDeserializationSchema(
                row, InternalTypeInfo.of(row), false, false, TimestampFormat.ISO_8601);
        DeserializationSchema<RowData> parser = new JsonParserRowDataDeserializationSchema(
                row, InternalTypeInfo.of(row), false, false, TimestampFormat.ISO_8601);
        tree.open(null);
        parser.open(null);
        String[] labels = {"penstock", "penstock, jackson", "flink, tree", "flink, parser"};
        Decoder[] decoders = {
                (record, out) -> out.collect(bytes.read(record)), jackson::unusual, tree::deserialize, parser::deserialize
        };
        byte[][] records = records();
        double[][] times = new double[decoders.length][ROUNDS];
        List<RowData> found = new ArrayList<>();
        ListCollector<RowData> out = new ListCollector<>(found);
        for (int round = 0; round < ROUNDS; round++) {
            for (int i = 0; i < decoders.length; i++) {
                long begun = System.nanoTime();
                for (int repeat = 0; repeat < REPEATS; repeat++) {
                    for (byte[] record : records) {
                        found.clear();
                        decoders[i].read(record, out);
                    }
                }
                times[i][round] = (System.nanoTime() - begun) / (double) (RECORDS * REPEATS);
            }
        }
        for (int i = 0; i < decoders.length; i++) {
            java.util.Arrays.sort(times[i]);
            double median = times[i][ROUNDS / 2];
            System.out.printf("decode %d of 9 fields  %-18s %7.0f ns%n", used, labels[i], median);
        }
    }

    private static byte[][] records() {
        Random dice = new Random(5);
        byte[][] made = new byte[RECORDS][];
        for (int i = 0; i < RECORDS; i++) {
            String text = String.format(
                    "{\"id\": %d, \"user\": \"user-%06d\", \"kind\": \"%s\", \"amount\": %.2f, \"quantity\": %d, "
                            + "\"at\": \"2026-01-31T12:%02d:%02d.%03dZ\", \"country\": \"%s\", \"valid\": %b, "
                            + "\"note\": \"an order of some length, number %d\"}",
                    1_000_000_000L + i,
                    dice.nextInt(1_000_000),
                    dice.nextBoolean() ? "purchase" : "refund",
                    dice.nextDouble() * 1000,
                    dice.nextInt(100),
                    dice.nextInt(60),
                    dice.nextInt(60),
                    dice.nextInt(1000),
                    dice.nextBoolean() ? "DE" : "US",
                    dice.nextBoolean(),
                    i);
            made[i] = text.getBytes(StandardCharsets.UTF_8);
        }
        return made;
    }
}
