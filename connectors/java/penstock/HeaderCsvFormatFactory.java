package penstock;

import java.io.IOException;
import java.lang.reflect.Field;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.impl.StreamFormatAdapter;
import org.apache.flink.connector.file.src.reader.BulkFormat;
import org.apache.flink.connector.file.src.reader.SimpleStreamFormat;
import org.apache.flink.connector.file.table.format.BulkDecodingFormat;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.formats.csv.CsvFileFormatFactory;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.types.DataType;

/**
 * The file format {@code penstock-csv}: Flink's {@code csv} after the first line of each file.
 *
 * <p>Flink 2.3 has no option for a header line. The columns' order is the header's: the plan has read it.
 */
public final class HeaderCsvFormatFactory extends CsvFileFormatFactory {
    @Override
    public String factoryIdentifier() {
        return "penstock-csv";
    }

    @Override
    public BulkDecodingFormat<RowData> createDecodingFormat(
            DynamicTableFactory.Context context, ReadableConfig options) {
        return new CsvFileFormatFactory.CsvBulkDecodingFormat(options) {
            @Override
            public BulkFormat<RowData, FileSourceSplit> createRuntimeDecoder(
                    DynamicTableSource.Context source, DataType type, int[][] projections) {
                return new StreamFormatAdapter<>(
                        new AfterHeader(inner(super.createRuntimeDecoder(source, type, projections))));
            }
        };
    }

    /** The adapter keeps its stream format to itself. */
    @SuppressWarnings("unchecked")
    private static SimpleStreamFormat<RowData> inner(BulkFormat<RowData, FileSourceSplit> adapter) {
        try {
            Field field = StreamFormatAdapter.class.getDeclaredField("streamFormat");
            field.setAccessible(true);
            return (SimpleStreamFormat<RowData>) field.get(adapter);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this Flink's CSV format is built differently: penstock-csv must follow it", e);
        }
    }

    private static final class AfterHeader extends SimpleStreamFormat<RowData> {
        private static final long serialVersionUID = 1L;
        private final SimpleStreamFormat<RowData> csv;

        AfterHeader(SimpleStreamFormat<RowData> csv) {
            this.csv = csv;
        }

        @Override
        public Reader<RowData> createReader(Configuration config, FSDataInputStream stream) throws IOException {
            int read = stream.read();
            for (boolean quoted = false; read >= 0 && (quoted || read != '\n'); read = stream.read()) {
                quoted ^= read == '"';
            }
            return csv.createReader(config, stream);
        }

        @Override
        public TypeInformation<RowData> getProducedType() {
            return csv.getProducedType();
        }
    }
}
