package penstock;

import java.util.HashSet;
import java.util.Set;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.format.EncodingFormat;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.sink.SinkV2Provider;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DynamicTableSinkFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.factories.SerializationFormatFactory;
import org.apache.flink.table.types.DataType;

/**
 * The connector {@code penstock-console}: writes one encoded row per line to a named pipe or to standard output.
 *
 * <p>Flink's {@code print} has only its own text form. This connector accepts any encoding format, so a local run shows exactly the bytes
 * that a Kafka topic or a file would hold. In changelog mode each line starts with {@code +} (insert or update) or {@code -} (delete).
 */
public final class ConsoleSinkFactory implements DynamicTableSinkFactory {
    /** The named pipe. A local run sets it in the session's configuration, because it is not a property of the table. */
    private static final ConfigOption<String> TO = ConfigOptions.key("penstock.console.to").stringType().defaultValue("");

    private static final ConfigOption<Boolean> CHANGELOG =
            ConfigOptions.key("changelog").booleanType().defaultValue(false);

    @Override
    public String factoryIdentifier() {
        return "penstock-console";
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return new HashSet<>(Set.of(FactoryUtil.FORMAT));
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        return new HashSet<>(Set.of(CHANGELOG));
    }

    @Override
    public DynamicTableSink createDynamicTableSink(Context context) {
        FactoryUtil.TableFactoryHelper helper = FactoryUtil.createTableFactoryHelper(this, context);
        EncodingFormat<SerializationSchema<RowData>> format =
                helper.discoverEncodingFormat(SerializationFormatFactory.class, FactoryUtil.FORMAT);
        helper.validate();
        return new ConsoleTableSink(
                format,
                context.getPhysicalRowDataType(),
                context.getConfiguration().get(TO),
                helper.getOptions().get(CHANGELOG));
    }

    private static final class ConsoleTableSink implements DynamicTableSink {
        private final EncodingFormat<SerializationSchema<RowData>> format;
        private final DataType type;
        private final String to;
        private final boolean changelog;

        ConsoleTableSink(
                EncodingFormat<SerializationSchema<RowData>> format, DataType type, String to, boolean changelog) {
            this.format = format;
            this.type = type;
            this.to = to;
            this.changelog = changelog;
        }

        @Override
        public ChangelogMode getChangelogMode(ChangelogMode requested) {
            return changelog ? requested : ChangelogMode.insertOnly();
        }

        @Override
        public SinkRuntimeProvider getSinkRuntimeProvider(Context context) {
            return SinkV2Provider.of(new LineSink(format.createRuntimeEncoder(context, type), to, changelog));
        }

        @Override
        public DynamicTableSink copy() {
            return new ConsoleTableSink(format, type, to, changelog);
        }

        @Override
        public String asSummaryString() {
            return "console";
        }
    }
}
