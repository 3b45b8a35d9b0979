package penstock;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.MappingIterator;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectReader;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.dataformat.csv.CsvMapper;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.dataformat.csv.CsvSchema;

/**
 * Generates CSV records whose first row Jackson reads, and finds out with Jackson whether that is the whole record: exactly then CsvScan
 * finds no line end outside of quotes. Blank ends of records, which Jackson skips, are left out. Prints how many records are one row and
 * how many are more; the exit code is 1 at the first difference.
 *
 * <p>Arguments: the number of records, and the seed.
 */
public final class CsvTwins {
    private static final String ALPHABET = "aa,,\"\"\"\"\n\n\r\r \t\u0001\u0002\\#\u00e9\ufeff";

    /** The decoder of Flink's CSV format. */
    private static final ObjectReader READER = new CsvMapper().readerFor(JsonNode.class)
            .with(CsvSchema.builder().addColumn("a").addColumn("b").build().withLineSeparator(""));

    private CsvTwins() {
    }

    /** The rows of a record; -1 if Jackson cannot read all of it, and 0 if it cannot read the first row. */
    private static int rows(byte[] record) {
        try {
            if (READER.<JsonNode>readValue(record) == null) {
                return 0;
            }
        } catch (IOException e) {
            return 0;
        }
        int count = 0;
        try (MappingIterator<JsonNode> rows = READER.readValues(record)) {
            for (; rows.hasNextValue(); count++) {
                rows.nextValue();
            }
        } catch (IOException e) {
            return -1;
        }
        return count;
    }

    public static void main(String[] arguments) {
        int count = Integer.parseInt(arguments[0]);
        Random dice = new Random(Long.parseLong(arguments[1]));
        int single = 0;
        int several = 0;
        for (int i = 0; i < count; i++) {
            StringBuilder made = new StringBuilder();
            for (int left = 1 + dice.nextInt(10); left > 0; left--) {
                made.append(ALPHABET.charAt(dice.nextInt(ALPHABET.length())));
            }
            byte[] record = made.toString().getBytes(StandardCharsets.UTF_8);
            int rows = rows(record);
            int end = CsvScan.lineEnd(record);
            boolean accepted = end < 0;
            boolean blank = !accepted && new String(record, end, record.length - end, StandardCharsets.UTF_8).trim().isEmpty();
            if (rows != 0 && !blank && accepted != (rows == 1)) {
                System.out.println("record " + i + " " + (accepted ? "accepted" : "rejected") + ", rows " + rows + ": "
                        + made.toString().replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t"));
                System.exit(1);
            }
            single += rows == 1 ? 1 : 0;
            several += rows > 1 ? 1 : 0;
        }
        System.out.println(single + " " + several);
    }
}
