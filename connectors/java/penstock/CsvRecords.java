package penstock;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.apache.flink.api.common.functions.util.ListCollector;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.file.src.reader.SimpleStreamFormat;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.table.data.RowData;

/**
 * Splits a CSV file into records and decodes each record alone.
 *
 * <p>A record is one line, or several lines if a quoted cell continues after the end of a line. Only quotes decide that, not whether the
 * values can be decoded, so that a bad value is reported with its whole record. A quote that is not closed must not consume the rest of
 * the file: if the lines together are not well-formed, or more than 100, the first line is a record alone, which is undecodable.
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
            throw new IOException("cannot open the CSV decoder of the files source", e);
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
                byte[] names = record();
                if (names != null && CsvScan.lineEnd(names) >= 0) {
                    throw new IOException("the header of the CSV file has a line end of a carriage return alone; save the file with"
                            + " line ends of a line feed, or a carriage return and a line feed");
                }
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
            if (first == null) {
                return null;
            }
            int place = CsvScan.after(first, CsvScan.START);
            if (place != CsvScan.QUOTED) {
                return withoutReturn(first);
            }
            List<byte[]> more = new ArrayList<>();
            ByteArrayOutputStream whole = new ByteArrayOutputStream();
            whole.write(first);
            while (place == CsvScan.QUOTED && more.size() < MOST_LINES) {
                byte[] next = line();
                if (next == null) {
                    break;
                }
                more.add(next);
                whole.write('\n');
                whole.write(next);
                place = CsvScan.after(next, place);
            }
            if (place != CsvScan.QUOTED && place != CsvScan.BROKEN) {
                return withoutReturn(whole.toByteArray());
            }
            for (int i = more.size() - 1; i >= 0; i--) {
                ahead.addFirst(more.get(i));
            }
            return withoutReturn(first);
        }

        private static byte[] withoutReturn(byte[] record) {
            int length = record.length;
            return length > 0 && record[length - 1] == '\r' ? Arrays.copyOf(record, length - 1) : record;
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
            return line.toByteArray();
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
