package penstock;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.functions.util.ListCollector;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.VarCharType;

/**
 * Decodes JSON texts as the value of a key. The file has a line for each: its name, and the text in base64. Prints for each its name, what
 * the decoder of bytes says and what Jackson says, once for a key without a column and once for a column of texts.
 */
public final class JsonSuite {
    private JsonSuite() {
    }

    public static void main(String[] arguments) throws IOException {
        LogicalType text = new VarCharType(VarCharType.MAX_LENGTH);
        Decoders skipping = new Decoders("n", new BigIntType());
        Decoders reading = new Decoders("v", text);
        for (String line : Files.readAllLines(Path.of(arguments[0]))) {
            String[] parts = line.split(" ");
            byte[] value = Base64.getDecoder().decode(parts.length > 1 ? parts[1] : "");
            ByteArrayOutputStream record = new ByteArrayOutputStream();
            record.writeBytes("{\"v\":".getBytes(StandardCharsets.UTF_8));
            record.writeBytes(value);
            record.writeBytes("}".getBytes(StandardCharsets.UTF_8));
            System.out.println(parts[0] + " " + skipping.say(record.toByteArray()) + " " + reading.say(record.toByteArray()));
        }
    }

    private static final class Decoders {
        private final JsonBytes bytes;
        private final JsonSchema jackson;

        Decoders(String name, LogicalType type) {
            bytes = new JsonBytes(List.of(name), List.of(type), Map.of(), new int[] {0}, 1);
            jackson = new JsonSchema(bytes, JsonRow.ofRecord(List.of(name), List.of(type), Map.of(), new int[] {0}, 1), null);
        }

        String say(byte[] record) {
            String fast;
            try {
                fast = bytes.read(record) == null ? "left" : "read";
            } catch (IOException e) {
                fast = "rejected";
            }
            List<RowData> rows = new ArrayList<>();
            try {
                jackson.unusual(record, new ListCollector<>(rows));
                return fast + " read";
            } catch (IOException | StackOverflowError e) {
                return fast + " rejected";
            }
        }
    }
}
