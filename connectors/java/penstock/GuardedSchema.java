package penstock;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.flink.api.common.functions.util.ListCollector;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.util.Collector;

/** Decodes records with another schema, and returns exactly one row for each undecodable record; see {@link GuardedFormatFactory}. */
final class GuardedSchema implements DeserializationSchema<RowData> {
    private static final long serialVersionUID = 1L;
    private static final String REASON = "penstock_reason";
    private static final String ERROR = "penstock_error";
    private static final String RAW = "penstock_raw";
    private static final String KEY = "penstock_key";
    static final Set<String> OWN = Set.of(REASON, ERROR, RAW, KEY);

    /** 0001-01-01T00:00:00Z in seconds since 1970. */
    private static final long YEAR_ONE = -62_135_596_800L;

    private static final int SHOWN = 200;
    private static final int LONGEST_ERROR = 1000;

    /** Why the key of the current record is undecodable. Kafka's reader decodes the key, then the value on the same thread. */
    private static final ThreadLocal<String> KEY_FAILURE = new ThreadLocal<>();

    /** Null if no column is decoded. */
    private final DeserializationSchema<RowData> inner;

    /** Converts the texts of CSV to values; null for other formats. */
    private final TextColumns texts;

    private final boolean fail;
    private final boolean emptyIsValue;
    private final boolean skipEmpty;
    private final boolean key;
    private final int arity;
    /** Whether `inner` returns rows with all columns of this schema, as JSON does. */
    private final boolean wholeRows;
    /** Positions of the decoded columns, in the rows of this schema and in those of `inner`. */
    private final int[] positions;

    private final int[] decodedAt;
    private final RowData.FieldGetter[] getters;
    private final String[] names;
    private final boolean[] required;
    private final int reasonAt;
    private final int errorAt;
    private final int rawAt;
    private final int timeAt;
    private final boolean timeIsNumber;
    private final TypeInformation<RowData> produced;

    private transient List<RowData> rows;
    private transient ListCollector<RowData> collector;
    private transient String error;

    GuardedSchema(
            DeserializationSchema<RowData> inner,
            DataType type,
            Set<String> others,
            TextColumns texts,
            Set<String> needed,
            boolean fail,
            boolean emptyIsValue,
            boolean skipEmpty,
            String eventTime,
            TypeInformation<RowData> produced) {
        List<String> all = DataType.getFieldNames(type);
        List<LogicalType> types = type.getLogicalType().getChildren();
        this.inner = inner;
        this.texts = texts;
        this.fail = fail;
        this.emptyIsValue = emptyIsValue;
        this.skipEmpty = skipEmpty;
        this.produced = produced;
        arity = all.size();
        key = all.contains(KEY) && !others.contains(KEY);
        rawAt = key ? all.indexOf(KEY) : all.indexOf(RAW);
        reasonAt = all.indexOf(REASON);
        errorAt = all.indexOf(ERROR);
        timeAt = all.indexOf(eventTime);
        timeIsNumber = timeAt >= 0 && types.get(timeAt).is(LogicalTypeRoot.BIGINT);
        positions = IntStream.range(0, arity)
                .filter(i -> !OWN.contains(all.get(i)) && !others.contains(all.get(i)))
                .toArray();
        wholeRows = inner instanceof JsonSchema;
        decodedAt = wholeRows ? positions : IntStream.range(0, positions.length).toArray();
        getters = new RowData.FieldGetter[positions.length];
        names = new String[positions.length];
        required = new boolean[positions.length];
        for (int i = 0; i < positions.length; i++) {
            names[i] = all.get(positions[i]);
            getters[i] = RowData.createFieldGetter(types.get(positions[i]).copy(true), i);
            required[i] = needed.contains(names[i]);
        }
    }

    @Override
    public void open(InitializationContext context) throws Exception {
        if (inner != null) {
            inner.open(context);
        }
    }

    @Override
    public RowData deserialize(byte[] message) throws IOException {
        List<RowData> one = new ArrayList<>(1);
        deserialize(message, new ListCollector<>(one));
        if (one.size() > 1) {
            throw new IOException("one record was decoded to " + one.size() + " rows, but the source expects one row");
        }
        return one.isEmpty() ? null : one.get(0);
    }

    @Override
    public void deserialize(byte[] message, Collector<RowData> out) throws IOException {
        if (skipEmpty && message.length == 0) {
            return;
        }
        prepare();
        String reason = null;
        String error = key ? null : KEY_FAILURE.get();
        if (error != null) {
            reason = "key";
        } else if (inner != null && (message != null || !key)) {
            reason = decode(message);
            error = reason == null ? null : this.error;
        }
        if (key) {
            KEY_FAILURE.set(error);
        }
        if (reason != null && fail) {
            throw new IOException("a record cannot be decoded (" + reason + "): " + error + shown(message));
        }
        if (reason != null || rows.isEmpty()) {
            out.collect(bare(message, key ? null : reason, key ? null : error));
            return;
        }
        for (RowData row : rows) {
            out.collect(whole(row, message));
        }
    }

    private void prepare() {
        if (rows == null) {
            rows = new ArrayList<>();
            collector = new ListCollector<>(rows);
        }
        rows.clear();
    }

    /** Returns the reason for an undecodable record and sets `error`; or returns null and fills `rows`. */
    private String decode(byte[] message) {
        if (message == null) {
            error = "the record has no value (a tombstone)";
            return "tombstone";
        }
        if (message.length == 0 && !emptyIsValue) {
            error = "the record is empty";
            return "empty";
        }
        if (texts != null && (error = csvProblem(message)) != null) {
            return "decode";
        }
        try {
            inner.deserialize(message, collector);
            rows.removeIf(row -> row == null);
            if (texts != null) {
                for (RowData row : rows) {
                    texts.read(row);
                }
            }
        } catch (Exception | StackOverflowError | OutOfMemoryError e) { // OutOfMemoryError: a bad Avro record states a huge length
            error = text(e);
            return "decode";
        }
        if (rows.isEmpty() || (key && rows.size() > 1)) {
            error = rows.isEmpty() ? "the record contains no row" : "expected one JSON object, found a list of " + rows.size();
            return "decode";
        }
        for (RowData row : rows) {
            for (int i = 0; i < required.length; i++) {
                if (required[i] && row.isNullAt(decodedAt[i])) {
                    error = names[i] + " is missing or NULL";
                    return "null_value";
                }
            }
        }
        return null;
    }

    /** What Flink's CSV decoder would change silently: it reads the first row only, and replaces bytes that are not UTF-8. */
    private static String csvProblem(byte[] message) {
        int end = CsvScan.lineEnd(message);
        if (end >= 0) {
            return "expected one row, but the record has a line end outside of quotes at byte " + (end + 1);
        }
        int illFormed = Utf8.illFormed(message);
        return illFormed >= 0 ? "invalid UTF-8 at byte " + (illFormed + 1) : null;
    }

    private RowData whole(RowData row, byte[] message) {
        if (wholeRows) {
            if (rawAt >= 0) {
                ((GenericRowData) row).setField(rawAt, message);
            }
            return row;
        }
        GenericRowData all = new GenericRowData(row.getRowKind(), arity);
        for (int i = 0; i < positions.length; i++) {
            all.setField(positions[i], getters[i].getFieldOrNull(row));
        }
        if (rawAt >= 0) {
            all.setField(rawAt, message);
        }
        return all;
    }

    /** The row of an undecodable record. Its event time is the year 1, which never advances the watermark. */
    private RowData bare(byte[] message, String reason, String error) {
        GenericRowData all = new GenericRowData(arity);
        if (rawAt >= 0) {
            all.setField(rawAt, message);
        }
        if (reason != null && reasonAt >= 0) {
            all.setField(reasonAt, StringData.fromString(reason));
            all.setField(errorAt, StringData.fromString(error));
        }
        if (timeAt >= 0) {
            all.setField(timeAt, timeIsNumber ? (Object) YEAR_ONE : TimestampData.fromEpochMillis(1000 * YEAR_ONE));
        }
        return all;
    }

    private static String text(Throwable problem) {
        Throwable root = problem;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        String message = root.getMessage() == null ? "" : ": " + root.getMessage().strip().replaceAll("\\s+", " ");
        String text = root instanceof Undecodable ? root.getMessage() : root.getClass().getSimpleName() + message;
        return text.length() <= LONGEST_ERROR ? text : text.substring(0, LONGEST_ERROR - 3) + "...";
    }

    private static String shown(byte[] message) {
        if (message == null) {
            return "";
        }
        String text = new String(message, 0, Math.min(message.length, SHOWN), StandardCharsets.UTF_8);
        return "; the record: " + text + (message.length > SHOWN ? "..." : "");
    }

    @Override
    public boolean isEndOfStream(RowData row) {
        return false;
    }

    @Override
    public TypeInformation<RowData> getProducedType() {
        return produced;
    }
}
