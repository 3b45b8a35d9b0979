package penstock;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.apache.flink.api.common.functions.util.ListCollector;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.file.src.reader.SimpleStreamFormat;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.SimpleUserCodeClassLoader;
import org.apache.flink.util.UserCodeClassLoader;

/**
 * Cuts a CSV file into records and decodes each alone.
 *
 * <p>A record is a line, or several where a quote is open at a line's end. A quote that nobody closes must not eat the rest of
 * the file: where the lines together are no record (or there are 100 of them), the first is a bad line of its own.
 */
final class CsvRecords extends SimpleStreamFormat<RowData> {
    private static final long serialVersionUID = 1L;
    private static final int MOST_LINES = 100;

    private final GuardedSchema schema;
    private final boolean header;

    CsvRecords(GuardedSchema schema, boolean header) {
        this.schema = schema;
        this.header = header;
    }

    @Override
    public Reader<RowData> createReader(Configuration config, FSDataInputStream stream) throws IOException {
        try {
            schema.open(new Opening());
        } catch (Exception e) {
            throw new IOException("the CSV decoder did not open", e);
        }
        return new RecordReader(new BufferedInputStream(stream, 1 << 16));
    }

    @Override
    public TypeInformation<RowData> getProducedType() {
        return schema.getProducedType();
    }

    private final class RecordReader implements Reader<RowData> {
        private final InputStream in;
        private final Deque<byte[]> ahead = new ArrayDeque<>();
        private final Deque<RowData> rows = new ArrayDeque<>();

        RecordReader(InputStream in) throws IOException {
            this.in = in;
            if (header) {
                record();
            }
        }

        @Override
        public RowData read() throws IOException {
            while (rows.isEmpty()) {
                byte[] record = record();
                if (record == null) {
                    return null;
                }
                List<RowData> decoded = new ArrayList<>(1);
                schema.deserialize(record, new ListCollector<>(decoded));
                rows.addAll(decoded);
            }
            return rows.poll();
        }

        /** The next record without its line end, or null at the end of the file. */
        private byte[] record() throws IOException {
            byte[] first = line();
            if (first == null || !odd(first, false)) {
                return first;
            }
            List<byte[]> more = new ArrayList<>();
            boolean open = true;
            while (open && more.size() < MOST_LINES) {
                byte[] next = line();
                if (next == null) {
                    break;
                }
                more.add(next);
                open = odd(next, open);
            }
            ByteArrayOutputStream whole = new ByteArrayOutputStream();
            whole.write(first);
            for (byte[] line : more) {
                whole.write('\n');
                whole.write(line);
            }
            byte[] joined = whole.toByteArray();
            if (!open && schema.decodes(joined)) {
                return joined;
            }
            for (int i = more.size() - 1; i >= 0; i--) {
                ahead.addFirst(more.get(i));
            }
            return first;
        }

        private boolean odd(byte[] line, boolean open) {
            for (byte one : line) {
                open ^= one == '"';
            }
            return open;
        }

        private byte[] line() throws IOException {
            if (!ahead.isEmpty()) {
                return ahead.poll();
            }
            ByteArrayOutputStream line = new ByteArrayOutputStream(128);
            int read = in.read();
            if (read < 0) {
                return null;
            }
            for (; read >= 0 && read != '\n'; read = in.read()) {
                line.write(read);
            }
            byte[] bytes = line.toByteArray();
            int length = bytes.length;
            return length > 0 && bytes[length - 1] == '\r' ? java.util.Arrays.copyOf(bytes, length - 1) : bytes;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }

    private static final class Opening implements DeserializationSchema.InitializationContext {
        @Override
        public MetricGroup getMetricGroup() {
            return new UnregisteredMetricsGroup();
        }

        @Override
        public UserCodeClassLoader getUserCodeClassLoader() {
            return SimpleUserCodeClassLoader.create(Thread.currentThread().getContextClassLoader());
        }
    }
}
