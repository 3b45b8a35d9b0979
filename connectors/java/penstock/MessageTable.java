package penstock;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamSource;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.ProviderContext;
import org.apache.flink.table.connector.source.DataStreamScanProvider;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.ScanTableSource;
import org.apache.flink.table.connector.source.abilities.SupportsReadingMetadata;
import org.apache.flink.table.connector.source.abilities.SupportsWatermarkPushDown;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;

/** The table of a {@link MessageSource}. */
final class MessageTable<M extends Message> implements ScanTableSource, SupportsReadingMetadata, SupportsWatermarkPushDown {
    /** {@code one} is whether there is one reader, whatever the parallelism of the job is. {@code retryFor} is in milliseconds. */
    record Options(String name, boolean one, boolean skipKnown, boolean acknowledgeRead, long retryFor) {
    }

    private final MessageClient<M> client;
    private final List<MessageColumn<M>> columns;
    private final WholeRows format;
    private final Options options;
    private DataType produced;
    private List<String> metadata = List.of();
    private WatermarkStrategy<RowData> watermarks = WatermarkStrategy.noWatermarks();

    MessageTable(
            MessageClient<M> client, List<MessageColumn<M>> columns, WholeRows format, DataType physical, Options options) {
        this.client = client;
        this.columns = columns;
        this.format = format;
        this.options = options;
        produced = physical;
    }

    @Override
    public DynamicTableSource copy() {
        MessageTable<M> copy = new MessageTable<>(client, columns, format, produced, options);
        copy.metadata = metadata;
        copy.watermarks = watermarks;
        return copy;
    }

    @Override
    public String asSummaryString() {
        return options.name;
    }

    @Override
    public ChangelogMode getChangelogMode() {
        return format.getChangelogMode();
    }

    @Override
    public Map<String, DataType> listReadableMetadata() {
        Map<String, DataType> types = new LinkedHashMap<>();
        columns.forEach(one -> types.put(one.key(), one.type()));
        return types;
    }

    @Override
    public void applyReadableMetadata(List<String> keys, DataType type) {
        metadata = keys;
        produced = type;
    }

    @Override
    public void applyWatermark(WatermarkStrategy<RowData> strategy) {
        watermarks = strategy;
    }

    @Override
    public ScanRuntimeProvider getScanRuntimeProvider(ScanContext context) {
        List<String> names = DataType.getFieldNames(produced);
        int first = names.size() - metadata.size();
        MessageSource<M> source = new MessageSource<>(
                client,
                format.wholeRows(context, produced, new HashSet<>(names.subList(first, names.size()))),
                metadata.stream().map(this::column).toList(),
                new MessageReader.Options(first, options.skipKnown, options.acknowledgeRead, options.retryFor));
        return new Provider(source, watermarks, options);
    }

    private MessageColumn<M> column(String key) {
        return columns.stream().filter(one -> one.key().equals(key)).findFirst().orElseThrow();
    }

    private record Provider(MessageSource<?> source, WatermarkStrategy<RowData> watermarks, Options options)
            implements DataStreamScanProvider {
        @Override
        public DataStream<RowData> produceDataStream(ProviderContext context, StreamExecutionEnvironment env) {
            DataStreamSource<RowData> rows = env.fromSource(source, watermarks, options.name);
            context.generateUid("messages").ifPresent(rows::uid);
            return options.one ? rows.setParallelism(1) : rows;
        }

        @Override
        public boolean isBounded() {
            return false;
        }
    }
}
