package penstock;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.catalog.CatalogTable;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ObjectIdentifier;
import org.apache.flink.table.catalog.ResolvedCatalogTable;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.connector.Projection;
import org.apache.flink.table.connector.format.EncodingFormat;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DynamicTableSinkFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.factories.SerializationFormatFactory;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.RowType;

/**
 * The base of sinks that write batches of rows with a {@link RowWriter}. The rows may have columns that hold their origin, which are not
 * written, but are part of a dead letter.
 */
public abstract class BatchSinkFactory implements DynamicTableSinkFactory {
    private static final String DEAD_LETTERS = "dead-letters.";

    private static final ConfigOption<String> AS = ConfigOptions.key("counted-as").stringType().noDefaultValue();
    private static final ConfigOption<Integer> ROWS = ConfigOptions.key("batch.rows").intType().noDefaultValue();
    private static final ConfigOption<Duration> INTERVAL =
            ConfigOptions.key("batch.interval").durationType().noDefaultValue();
    private static final ConfigOption<Duration> RETRY_FOR =
            ConfigOptions.key("retry-for").durationType().noDefaultValue();
    /** The columns by which a row replaces an earlier one; without it rows are only added. */
    private static final ConfigOption<List<String>> KEY = ConfigOptions.key("key").stringType().asList().defaultValues();

    private static final List<ConfigOption<String>> TEXTS =
            List.of(
                    ConfigOptions.key("job").stringType().defaultValue(""),
                    ConfigOptions.key("version").stringType().defaultValue(""),
                    ConfigOptions.key("step").stringType().defaultValue(""));

    /** Returns the writer of rows of this type; {@code key} is the indexes of its key columns, empty if rows are only added. */
    protected abstract RowWriter writer(ReadableConfig options, RowType rows, int[] key);

    /** Returns the options of this system that must be set. */
    protected abstract Set<ConfigOption<?>> required();

    /** Returns the options of this system that may be set. */
    protected abstract Set<ConfigOption<?>> optional();

    @Override
    public final Set<ConfigOption<?>> requiredOptions() {
        Set<ConfigOption<?>> all = new HashSet<>(required());
        all.addAll(Set.of(AS, ROWS, INTERVAL, RETRY_FOR));
        return all;
    }

    @Override
    public final Set<ConfigOption<?>> optionalOptions() {
        Set<ConfigOption<?>> all = new HashSet<>(optional());
        all.addAll(TEXTS);
        all.addAll(Set.of(KEY, FactoryUtil.FORMAT));
        return all;
    }

    @Override
    public final DynamicTableSink createDynamicTableSink(Context context) {
        FactoryUtil.TableFactoryHelper helper = FactoryUtil.createTableFactoryHelper(this, context);
        EncodingFormat<SerializationSchema<RowData>> json =
                helper.discoverEncodingFormat(SerializationFormatFactory.class, FactoryUtil.FORMAT);
        helper.validateExcept(DEAD_LETTERS);
        ReadableConfig options = helper.getOptions();
        DataType rows = context.getPhysicalRowDataType();
        List<String> names = DataType.getFieldNames(rows);
        int[] columns =
                IntStream.range(0, names.size()).filter(i -> !names.get(i).startsWith(DeadLetters.ORIGIN)).toArray();
        RowType written = (RowType) Projection.of(columns).project(rows).getLogicalType();
        int[] key = options.get(KEY).stream().mapToInt(written::getFieldIndex).toArray();
        Map<String, String> texts = new HashMap<>();
        TEXTS.forEach(option -> texts.put(option.key(), options.get(option)));
        return new BatchSink(
                writer(options, written, key),
                new BatchSink.Rows(rows, columns, key.length > 0),
                options.get(AS),
                new BatchOperator.Batches(
                        options.get(ROWS), options.get(INTERVAL).toMillis(), options.get(RETRY_FOR).toMillis()),
                json,
                texts,
                deadLetters(context));
    }

    /** The sink of the dead letters, whose options begin with a prefix; null without dead letters. */
    private static DynamicTableSink deadLetters(Context context) {
        Map<String, String> options = new HashMap<>();
        context.getCatalogTable().getOptions().forEach((name, value) -> {
            if (name.startsWith(DEAD_LETTERS)) {
                options.put(name.substring(DEAD_LETTERS.length()), value);
            }
        });
        if (options.isEmpty()) {
            return null;
        }
        List<String> names = DataType.getFieldNames(DeadLetters.TYPE);
        List<DataType> types = DataType.getFieldDataTypes(DeadLetters.TYPE);
        List<Column> columns =
                IntStream.range(0, names.size()).mapToObj(i -> (Column) Column.physical(names.get(i), types.get(i))).toList();
        ResolvedSchema resolved = ResolvedSchema.of(columns);
        CatalogTable table =
                CatalogTable.newBuilder()
                        .schema(Schema.newBuilder().fromResolvedSchema(resolved).build())
                        .options(options)
                        .build();
        ObjectIdentifier name = context.getObjectIdentifier();
        return FactoryUtil.createDynamicTableSink(
                null,
                ObjectIdentifier.of(name.getCatalogName(), name.getDatabaseName(), name.getObjectName() + "_dead_letters"),
                new ResolvedCatalogTable(table, resolved),
                Map.of(),
                context.getConfiguration(),
                context.getClassLoader(),
                true);
    }
}
