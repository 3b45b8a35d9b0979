package penstock;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import org.apache.flink.api.common.operators.ProcessingTimeService;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.table.data.RowData;
import org.apache.flink.types.RowKind;

/** Writes lines at the latest 100 ms after their rows arrived. Lines of the subtasks of one JVM are never interleaved. */
final class LineSink implements Sink<RowData> {
    private static final long serialVersionUID = 1L;
    private static final long FLUSH_MILLIS = 100;

    /** Subtasks of one JVM share the pipe, so each batch of lines is written under this lock. */
    private static final Object LOCK = new Object();

    private final SerializationSchema<RowData> encoder;
    private final String to;
    private final boolean changelog;

    LineSink(SerializationSchema<RowData> encoder, String to, boolean changelog) {
        this.encoder = encoder;
        this.to = to;
        this.changelog = changelog;
    }

    @Override
    public SinkWriter<RowData> createWriter(WriterInitContext context) throws IOException {
        try {
            encoder.open(context.asSerializationSchemaInitializationContext());
        } catch (Exception e) {
            throw new IOException("cannot open the encoder of the console sink", e);
        }
        OutputStream out = to.isEmpty() ? System.out : new FileOutputStream(to, true);
        return new LineWriter(out, context.getProcessingTimeService());
    }

    private final class LineWriter implements SinkWriter<RowData> {
        private final OutputStream out;
        private final ProcessingTimeService time;
        private final java.io.ByteArrayOutputStream lines = new java.io.ByteArrayOutputStream(1 << 16);
        private boolean flushPlanned;

        LineWriter(OutputStream out, ProcessingTimeService time) {
            this.out = out;
            this.time = time;
        }

        @Override
        public void write(RowData row, Context context) throws IOException {
            RowKind kind = row.getRowKind();
            if (kind == RowKind.UPDATE_BEFORE) {
                return;
            }
            if (changelog) {
                lines.write(kind == RowKind.DELETE ? '-' : '+');
                row.setRowKind(RowKind.INSERT);
            }
            byte[] line = encoder.serialize(row);
            row.setRowKind(kind);
            lines.write(line, 0, line.length);
            lines.write('\n');
            if (lines.size() >= 1 << 16) {
                flush(false);
            } else if (!flushPlanned) {
                flushPlanned = true;
                time.registerTimer(time.getCurrentProcessingTime() + FLUSH_MILLIS, at -> {
                    flushPlanned = false;
                    flush(false);
                });
            }
        }

        @Override
        public void flush(boolean endOfInput) throws IOException {
            synchronized (LOCK) {
                lines.writeTo(out);
                out.flush();
            }
            lines.reset();
        }

        @Override
        public void close() throws IOException {
            flush(true);
            if (out != System.out) {
                out.close();
            }
        }
    }
}
