package penstock;

import java.util.HashSet;
import java.util.Set;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.impl.StreamFormatAdapter;
import org.apache.flink.connector.file.src.reader.BulkFormat;
import org.apache.flink.connector.file.table.factories.BulkReaderFormatFactory;
import org.apache.flink.connector.file.table.format.BulkDecodingFormat;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.format.DecodingFormat;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.types.DataType;

/**
 * The file format {@code penstock-csv}: splits CSV files, with or without a header line, into records for the format {@code guarded}.
 *
 * <p>The CSV format of Flink 2.3 has no option for a header line, and fails at the first undecodable record.
 */
public final class CsvFilesFormatFactory implements BulkReaderFormatFactory {
    private static final ConfigOption<Boolean> HEADER = ConfigOptions.key("header").booleanType().defaultValue(false);
    private final GuardedFormatFactory guarded = new GuardedFormatFactory();

    @Override
    public String factoryIdentifier() {
        return "penstock-csv";
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return guarded.requiredOptions();
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        Set<ConfigOption<?>> all = new HashSet<>(guarded.optionalOptions());
        all.add(HEADER);
        return all;
    }

    @Override
    public BulkDecodingFormat<RowData> createDecodingFormat(
            DynamicTableFactory.Context context, ReadableConfig options) {
        DecodingFormat<DeserializationSchema<RowData>> records = guarded.createDecodingFormat(context, options);
        boolean header = options.get(HEADER);
        return new BulkDecodingFormat<>() {
            @Override
            public BulkFormat<RowData, FileSourceSplit> createRuntimeDecoder(
                    DynamicTableSource.Context source, DataType type) {
                return new StreamFormatAdapter<>(
                        new CsvRecords((GuardedSchema) records.createRuntimeDecoder(source, type), header));
            }

            @Override
            public ChangelogMode getChangelogMode() {
                return ChangelogMode.insertOnly();
            }
        };
    }
}
