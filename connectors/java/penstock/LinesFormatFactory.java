package penstock;

import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import org.apache.flink.api.common.serialization.BulkWriter;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.connector.file.table.factories.BulkWriterFormatFactory;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.format.EncodingFormat;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.factories.SerializationFormatFactory;
import org.apache.flink.table.types.DataType;

/**
 * The file format {@code lines}: writes one row per line, encoded with any other format.
 *
 * <p>It is a bulk format, because Flink's file sink closes the files of bulk formats at each checkpoint. Files of other formats stay open
 * until they reach a size or an age, and a file that is open when a job is stopped stays invisible.
 */
public final class LinesFormatFactory implements BulkWriterFormatFactory {
    static final String IDENTIFIER = "lines";

    @Override
    public String factoryIdentifier() {
        return IDENTIFIER;
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return new HashSet<>(Set.of(GuardedFormatFactory.FORMAT));
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        return new HashSet<>(Set.of(GuardedFormatFactory.WITH));
    }

    @Override
    public EncodingFormat<BulkWriter.Factory<RowData>> createEncodingFormat(
            DynamicTableFactory.Context context, ReadableConfig options) {
        EncodingFormat<SerializationSchema<RowData>> rows =
                FactoryUtil.discoverFactory(
                        context.getClassLoader(),
                        SerializationFormatFactory.class,
                        options.get(GuardedFormatFactory.FORMAT))
                        .createEncodingFormat(
                                context, GuardedFormatFactory.parsed(options.get(GuardedFormatFactory.WITH)));
        return new EncodingFormat<>() {
            @Override
            public BulkWriter.Factory<RowData> createRuntimeEncoder(DynamicTableSink.Context sink, DataType type) {
                return new LinesFactory(rows.createRuntimeEncoder(sink, type));
            }

            @Override
            public ChangelogMode getChangelogMode() {
                return rows.getChangelogMode();
            }
        };
    }

    /** Creates a writer for each file. The files of one subtask share the encoder. */
    private static final class LinesFactory implements BulkWriter.Factory<RowData> {
        private static final long serialVersionUID = 1L;
        private final SerializationSchema<RowData> encoder;
        private transient boolean opened;

        LinesFactory(SerializationSchema<RowData> encoder) {
            this.encoder = encoder;
        }

        @Override
        public BulkWriter<RowData> create(FSDataOutputStream out) throws IOException {
            if (!opened) {
                try {
                    encoder.open(new Opening());
                } catch (Exception e) {
                    throw new IOException("cannot open the encoder of the files sink", e);
                }
                opened = true;
            }
            return new Lines(encoder, out);
        }
    }

    /** Buffers lines and writes them in large pieces, because each write to a local file is a system call. */
    private static final class Lines implements BulkWriter<RowData> {
        private static final int PIECE = 1 << 16;
        private final SerializationSchema<RowData> encoder;
        private final FSDataOutputStream out;
        private final java.io.ByteArrayOutputStream lines = new java.io.ByteArrayOutputStream(PIECE);

        Lines(SerializationSchema<RowData> encoder, FSDataOutputStream out) {
            this.encoder = encoder;
            this.out = out;
        }

        @Override
        public void addElement(RowData row) throws IOException {
            byte[] line = encoder.serialize(row);
            lines.write(line, 0, line.length);
            lines.write('\n');
            if (lines.size() >= PIECE) {
                flush();
            }
        }

        @Override
        public void flush() throws IOException {
            lines.writeTo(out);
            lines.reset();
        }

        @Override
        public void finish() throws IOException {
            flush();
        }
    }
}
