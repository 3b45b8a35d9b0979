package penstock.kafka;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.KafkaSourceBuilder;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamSource;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.ProviderContext;
import org.apache.flink.table.connector.source.DataStreamScanProvider;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.ScanTableSource;
import org.apache.flink.table.connector.source.abilities.SupportsReadingMetadata;
import org.apache.flink.table.connector.source.abilities.SupportsWatermarkPushDown;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;
import penstock.WholeRows;

/** The table source of {@link KafkaRowsFactory}. */
final class KafkaRows implements ScanTableSource, SupportsReadingMetadata, SupportsWatermarkPushDown {
    private final Supplier<KafkaSourceBuilder<RowData>> source;
    private final String name;
    private final DataType physical;
    private final WholeRows value;

    /** Null if keys are not decoded. */
    private final WholeRows key;

    private final List<String> keyFields;

    private DataType produced;
    private List<String> metadata = List.of();
    private WatermarkStrategy<RowData> watermarks = WatermarkStrategy.noWatermarks();

    KafkaRows(
            Supplier<KafkaSourceBuilder<RowData>> source,
            String name,
            DataType physical,
            WholeRows value,
            WholeRows key,
            List<String> keyFields) {
        this.source = source;
        this.name = name;
        this.physical = physical;
        this.value = value;
        this.key = key;
        this.keyFields = keyFields;
        produced = physical;
    }

    @Override
    public DynamicTableSource copy() {
        KafkaRows copy = new KafkaRows(source, name, physical, value, key, keyFields);
        copy.produced = produced;
        copy.metadata = metadata;
        copy.watermarks = watermarks;
        return copy;
    }

    @Override
    public String asSummaryString() {
        return "Kafka rows";
    }

    @Override
    public ChangelogMode getChangelogMode() {
        return value.getChangelogMode();
    }

    @Override
    public Map<String, DataType> listReadableMetadata() {
        Map<String, DataType> types = new LinkedHashMap<>();
        for (RecordMetadata one : RecordMetadata.values()) {
            types.put(one.key, one.type);
        }
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
        KafkaSource<RowData> made = source.get().setDeserializer(schema(context)).build();
        return new Provider(made, watermarks, name);
    }

    private KafkaRowSchema schema(ScanContext context) {
        List<String> columns = DataType.getFieldNames(produced);
        int first = columns.size() - metadata.size();
        Set<String> others = new HashSet<>(columns.subList(first, columns.size()));
        others.addAll(keyFields);
        List<DataTypes.Field> ofKey = DataType.getFields(physical).stream()
                .filter(field -> keyFields.contains(field.getName()))
                .collect(Collectors.toList());
        return new KafkaRowSchema(
                value.wholeRows(context, produced, others),
                key == null ? null : key.createRuntimeDecoder(context, DataTypes.ROW(ofKey).notNull()),
                ofKey.stream().mapToInt(field -> columns.indexOf(field.getName())).toArray(),
                metadata.stream().map(RecordMetadata::of).toArray(RecordMetadata[]::new),
                first,
                context.createTypeInformation(produced));
    }

    private static final class Provider implements DataStreamScanProvider {
        private final KafkaSource<RowData> source;
        private final WatermarkStrategy<RowData> watermarks;
        private final String name;

        Provider(KafkaSource<RowData> source, WatermarkStrategy<RowData> watermarks, String name) {
            this.source = source;
            this.watermarks = watermarks;
            this.name = name;
        }

        @Override
        public DataStream<RowData> produceDataStream(ProviderContext context, StreamExecutionEnvironment env) {
            DataStreamSource<RowData> rows = env.fromSource(source, watermarks, name);
            context.generateUid("kafka").ifPresent(rows::uid); // as Flink's connector, whose savepoints this source can read
            return rows;
        }

        @Override
        public boolean isBounded() {
            return source.getBoundedness() == Boundedness.BOUNDED;
        }
    }
}
