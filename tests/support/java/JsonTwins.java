package penstock;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.flink.api.common.functions.util.ListCollector;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;

/**
 * Reads generated and mutated records with JsonBytes and with Jackson: what the first one accepts or rejects, the second one does too, with
 * the same values. Prints how many records JsonBytes read and rejected; the exit code is 1 at the first difference.
 *
 * <p>Arguments: the number of records, and the seed.
 */
public final class JsonTwins {
    private static final Map<String, String> COLUMNS = new java.util.LinkedHashMap<>();

    static {
        COLUMNS.put("flag", "BOOLEAN");
        COLUMNS.put("tiny", "TINYINT");
        COLUMNS.put("small", "SMALLINT");
        COLUMNS.put("whole", "INT");
        COLUMNS.put("big", "BIGINT");
        COLUMNS.put("single", "FLOAT");
        COLUMNS.put("real", "DOUBLE");
        COLUMNS.put("money", "DECIMAL(10, 2)");
        COLUMNS.put("large", "DECIMAL(38, 10)");
        COLUMNS.put("text", "STRING");
        COLUMNS.put("other", "STRING");
        COLUMNS.put("short", "VARCHAR(3)");
        COLUMNS.put("code", "CHAR(2)");
        COLUMNS.put("blob", "BYTES");
        COLUMNS.put("day", "DATE");
        COLUMNS.put("clock", "TIME");
        COLUMNS.put("local", "TIMESTAMP(3)");
        COLUMNS.put("at", "TIMESTAMP_LTZ(6)");
        COLUMNS.put("rough", "TIMESTAMP(1)");
        COLUMNS.put("ms", "TIMESTAMP_LTZ(3)");
        COLUMNS.put("list", "ARRAY<STRING>");
        COLUMNS.put("counts", "MAP<STRING, INT>");
        COLUMNS.put("inner", "ROW<a INT NOT NULL, b ARRAY<DOUBLE>>");
    }

    private static final String[] NUMBERS = {
            "0", "-0", "1", "-1", "127", "128", "-129", "32768", "2147483648", "9223372036854775807", "9223372036854775808", "1.0", "1.5",
            "-1.25",
            "1e3", "1E-2", "0.005", "12345678.90", "12345678.905", "123456789.1", "1e22", "1e23", "1e308", "1e309", "123456789012345678",
            "1234567890123456789", "0.1", "0.30000000000000004", "5e-324", "1e-400", "00", "01", "1.", ".5", "+1", "1e", "1e99999", "NaN",
            "1769860800123"
    };
    private static final String[] TEXTS = {
            "", "a", "ab", "abc", "abcd", "plain ASCII text of some length, as in a log line", "\u00e9t\u00e9", "\u20ac", "\ud83d\ude00",
            "AQI=", "AQI",
            "2026-01-31", "12:30:00", "2026-01-31T12:30:00.5", "2026-01-31T12:30:00Z", "2026-01-31T12:30:00+02:00", "5", "1.5", "true",
            "NaN"
    };
    private static final String[] TIMES = {
            "2026-01-31T12:30:15", "2026-01-31 12:30:15.5", "2024-02-29T23:59:59.999", "0001-01-01T00:00:00", "9999-12-31T23:59:59.12",
            "1969-12-31T23:59:59.001", "2026-01-31T12:30:15.123456", "2026-01-31T12:30", "2000-03-01T00:00:00.010"
    };
    private static final String[] ESCAPES = {
            "\\n", "\\\"", "\\\\", "\\/", "\\b\\f\\r\\t", "\\u0041", "\\u00e9", "\\u20AC", "\\ud83d\\ude00", "\\ud83d", "\\ude00", "\\x",
            "\\u12g4", "\t", "\u0001"
    };

    private final Random dice;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private JsonTwins(long seed) {
        dice = new Random(seed);
    }

    private void put(String text) {
        out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
    }

    private String one(String[] from) {
        return from[dice.nextInt(from.length)];
    }

    private void space() {
        if (dice.nextInt(6) == 0) {
            put(one(new String[] {" ", "\n", "\r\n", "\t", "  "}));
        }
    }

    private void string() {
        put("\"");
        for (int parts = dice.nextInt(4) == 0 ? 3 : 1; parts > 0; parts--) {
            put(dice.nextInt(4) == 0 ? one(ESCAPES) : one(TEXTS));
        }
        put("\"");
    }

    private void value(int deep) {
        int kind = dice.nextInt(deep > 0 ? 12 : 10);
        if (kind < 4) {
            put(one(NUMBERS));
        } else if (kind < 8) {
            string();
        } else if (kind == 8) {
            put(one(new String[] {"true", "false", "null", "tru", "nul"}));
        } else if (kind == 9) {
            put(Double.toString(Double.longBitsToDouble(dice.nextLong())));
        } else {
            boolean list = kind == 10;
            put(list ? "[" : "{");
            int count = dice.nextInt(3);
            for (int i = 0; i < count; i++) {
                put(i > 0 ? "," : "");
                space();
                if (!list) {
                    string();
                    put(":");
                }
                value(deep - 1);
            }
            space();
            put(list ? "]" : "}");
        }
    }

    /** A value that fits the column's type. */
    private void fitting(String type) {
        switch (type) {
            case "BOOLEAN":
                put(one(new String[] {"true", "false", "null", "\"true\""}));
                break;
            case "DOUBLE":
            case "FLOAT":
                put(dice.nextBoolean() ? Double.toString(dice.nextGaussian()) : Integer.toString(dice.nextInt()));
                break;
            case "DECIMAL(10, 2)":
            case "DECIMAL(38, 10)":
                put(dice.nextInt(1000) + "." + dice.nextInt(1000));
                break;
            case "STRING":
                if (dice.nextInt(8) == 0) {
                    value(3);
                } else {
                    string();
                }
                break;
            case "VARCHAR(3)":
                put(one(new String[] {"\"abc\"", "\"\"", "\"\u20ac\\n\"", "\"\\ud83d\\ude00bc\"", "12"}));
                break;
            case "CHAR(2)":
                put(one(new String[] {"\"ab\"", "\"\u00e9\u00e9\"", "12"}));
                break;
            case "BYTES":
                put(one(new String[] {"\"AQI=\"", "\"\"", "\"A\\u0051I=\""}));
                break;
            case "DATE":
                put("\"2026-01-31\"");
                break;
            case "TIME":
                put("\"12:30:00\"");
                break;
            case "TIMESTAMP(3)":
            case "TIMESTAMP(1)":
                put("\"" + one(TIMES) + "\"");
                break;
            case "TIMESTAMP_LTZ(6)":
                put("\"" + one(TIMES) + one(new String[] {"Z", "Z", "z", "+02:00"}) + "\"");
                break;
            case "TIMESTAMP_LTZ(3)":
                put(one(new String[] {"1769860800123", "\"1769860800123\""}));
                break;
            case "ARRAY<STRING>":
                put("[");
                string();
                put(one(new String[] {"", ", null", ", 1.50", ",{\"a\": [1, 2]}"}) + "]");
                break;
            case "MAP<STRING, INT>":
                put("{\"a\": 1, ");
                string();
                put(": " + (dice.nextInt(8) == 0 ? one(NUMBERS) : dice.nextInt(1000)) + "}");
                break;
            case "ROW<a INT NOT NULL, b ARRAY<DOUBLE>>":
                put(dice.nextInt(8) == 0
                        ? one(new String[] {"{}", "{\"a\": null}", "[1, null]"})
                        : one(new String[] {"{\"a\": 1}", "{\"b\": [1, 2.5], \"a\": 2, \"c\": {}}", "null"}));
                break;
            default:
                put(dice.nextInt(4) == 0 ? one(new String[] {"1.0", "-0", "1e1", "\"7\"", "null"}) : "" + (dice.nextInt(256) - 128));
        }
    }

    private byte[] record() {
        out.reset();
        List<String> names = new ArrayList<>(COLUMNS.keySet());
        if (dice.nextInt(3) == 0) {
            java.util.Collections.shuffle(names, dice);
        }
        space();
        put("{");
        boolean first = true;
        for (String name : names) {
            if (dice.nextInt(3) == 0) {
                continue;
            }
            put(first ? "" : ",");
            first = false;
            space();
            boolean known = dice.nextInt(8) > 0;
            put("\"" + (known ? name : one(TEXTS)) + "\"");
            space();
            put(":");
            space();
            if (known && dice.nextInt(100) > 0) {
                fitting(COLUMNS.get(name));
            } else {
                value(3);
            }
            space();
        }
        put("}");
        space();
        byte[] made = out.toByteArray();
        for (int changes = dice.nextInt(4) == 0 ? 1 + dice.nextInt(2) : 0; changes > 0; changes--) {
            made = mutated(made);
        }
        return made;
    }

    private byte[] mutated(byte[] made) {
        int at = dice.nextInt(made.length);
        byte[] any =
                {'"', '\\', '{', '}', '[', ']', ',', ':', '0', '9', '-', '.', 'e', ' ', 0, (byte) 0xC3, (byte) 0xED, (byte) 0xFF, 'u', 't'};
        byte[] middle = {any[dice.nextInt(any.length)]};
        int skip = dice.nextInt(2);
        switch (dice.nextInt(4)) {
            case 0:
                return Arrays.copyOf(made, Math.max(1, at));
            case 1:
                middle = Arrays.copyOfRange(made, at, Math.min(made.length, at + dice.nextInt(12)));
                break;
            case 2:
                middle = new byte[0];
                skip = 1 + dice.nextInt(3);
                break;
            default:
        }
        out.reset();
        out.write(made, 0, at);
        out.writeBytes(middle);
        int rest = Math.min(made.length, at + skip);
        out.write(made, rest, made.length - rest);
        byte[] changed = out.toByteArray();
        return changed.length == 0 ? made : changed;
    }

    public static void main(String[] arguments) {
        int count = Integer.parseInt(arguments[0]);
        JsonTwins twins = new JsonTwins(Long.parseLong(arguments[1]));
        List<String> names = new ArrayList<>(COLUMNS.keySet());
        List<LogicalType> types = new ArrayList<>();
        COLUMNS.values().forEach(type -> types.add(LogicalTypeParser.parse(type, JsonTwins.class.getClassLoader())));
        Map<String, String> times = Map.of("ms", "epoch_ms");
        int[] places = IntStream.range(0, names.size()).toArray();
        JsonBytes bytes = new JsonBytes(names, types, times, places, places.length);
        JsonSchema jackson = new JsonSchema(bytes, JsonRow.ofRecord(names, types, times, places, places.length), null);
        int read = 0;
        int rejected = 0;
        for (int i = 0; i < count; i++) {
            byte[] record = twins.record();
            RowData fast = null;
            String error = null;
            try {
                fast = bytes.read(record);
            } catch (IOException e) {
                error = e.getMessage();
            }
            List<RowData> slow = new ArrayList<>();
            String other = null;
            try {
                jackson.unusual(record, new ListCollector<>(slow));
            } catch (IOException e) {
                other = e.getMessage();
            }
            boolean same = fast != null ? other == null && slow.equals(List.of(fast)) : error == null || other != null;
            if (!same) {
                System.out.println("record " + i + ": " + new String(record, StandardCharsets.UTF_8));
                System.out.println("bytes:   " + (error == null ? fast : error) + "\njackson: " + (other == null ? slow : other));
                System.exit(1);
            }
            read += fast != null ? 1 : 0;
            rejected += error != null ? 1 : 0;
        }
        System.out.println(count + " " + read + " " + rejected);
    }
}
