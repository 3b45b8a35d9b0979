package penstock.kafka;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.KafkaSourceBuilder;
import org.apache.flink.connector.kafka.source.KafkaSourceOptions;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.OffsetResetStrategy;
import org.apache.flink.streaming.connectors.kafka.table.KafkaConnectorOptions;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DeserializationFormatFactory;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.flink.table.factories.FactoryUtil;
import penstock.WholeRows;

/**
 * The connector {@code kafka-rows}: reads topics with Flink's Kafka source and the table options of Flink's connector {@code kafka}, and
 * decodes each record into its row directly.
 *
 * <p>Flink's table connector decodes key and value into rows of their own and copies their fields, with the metadata of each record.
 */
public final class KafkaRowsFactory implements DynamicTableSourceFactory {
    private static final String PROPERTIES = "properties.";

    @Override
    public String factoryIdentifier() {
        return "kafka-rows";
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return new HashSet<>(Set.of(FactoryUtil.FORMAT));
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        return new HashSet<>(
                Set.of(
                        KafkaConnectorOptions.TOPIC,
                        KafkaConnectorOptions.TOPIC_PATTERN,
                        KafkaConnectorOptions.KEY_FORMAT,
                        KafkaConnectorOptions.KEY_FIELDS,
                        KafkaConnectorOptions.SCAN_STARTUP_MODE,
                        KafkaConnectorOptions.SCAN_STARTUP_TIMESTAMP_MILLIS,
                        KafkaConnectorOptions.SCAN_BOUNDED_MODE,
                        KafkaConnectorOptions.SCAN_BOUNDED_TIMESTAMP_MILLIS,
                        KafkaConnectorOptions.SCAN_TOPIC_PARTITION_DISCOVERY));
    }

    @Override
    public DynamicTableSource createDynamicTableSource(Context context) {
        FactoryUtil.TableFactoryHelper helper = FactoryUtil.createTableFactoryHelper(this, context);
        WholeRows value = (WholeRows) helper.discoverDecodingFormat(DeserializationFormatFactory.class, FactoryUtil.FORMAT);
        WholeRows key = (WholeRows) helper
                .discoverOptionalDecodingFormat(DeserializationFormatFactory.class, KafkaConnectorOptions.KEY_FORMAT).orElse(null);
        helper.validateExcept(PROPERTIES);
        ReadableConfig options = helper.getOptions();
        Properties properties = properties(context.getCatalogTable().getOptions(), options);
        return new KafkaRows(
                () -> source(options, properties),
                "KafkaSource-" + context.getObjectIdentifier().asSummaryString(),
                context.getPhysicalRowDataType(),
                value,
                key,
                options.getOptional(KafkaConnectorOptions.KEY_FIELDS).orElse(List.of()));
    }

    private static Properties properties(Map<String, String> options, ReadableConfig config) {
        Properties properties = new Properties();
        options.forEach((name, value) -> {
            if (name.startsWith(PROPERTIES)) {
                properties.setProperty(name.substring(PROPERTIES.length()), value);
            }
        });
        String every = Long.toString(config.get(KafkaConnectorOptions.SCAN_TOPIC_PARTITION_DISCOVERY).toMillis());
        properties.setProperty(KafkaSourceOptions.PARTITION_DISCOVERY_INTERVAL_MS.key(), every);
        return properties;
    }

    /** The source without its deserializer. */
    private static KafkaSourceBuilder<RowData> source(ReadableConfig options, Properties properties) {
        KafkaSourceBuilder<RowData> source =
                KafkaSource.<RowData>builder().setProperties(properties).setStartingOffsets(start(options, properties));
        String pattern = options.get(KafkaConnectorOptions.TOPIC_PATTERN);
        if (pattern == null) {
            source.setTopics(options.get(KafkaConnectorOptions.TOPIC));
        } else {
            source.setTopicPattern(Pattern.compile(pattern));
        }
        switch (options.get(KafkaConnectorOptions.SCAN_BOUNDED_MODE)) {
            case UNBOUNDED:
                return source;
            case LATEST_OFFSET:
                return source.setBounded(OffsetsInitializer.latest());
            case GROUP_OFFSETS:
                return source.setBounded(OffsetsInitializer.committedOffsets());
            case TIMESTAMP:
                return source.setBounded(OffsetsInitializer.timestamp(options.get(KafkaConnectorOptions.SCAN_BOUNDED_TIMESTAMP_MILLIS)));
            default:
                throw new IllegalArgumentException(options.get(KafkaConnectorOptions.SCAN_BOUNDED_MODE).toString());
        }
    }

    @SuppressWarnings("deprecation") // Flink's connector has no other type for the strategy
    private static OffsetsInitializer start(ReadableConfig options, Properties properties) {
        switch (options.get(KafkaConnectorOptions.SCAN_STARTUP_MODE)) {
            case EARLIEST_OFFSET:
                return OffsetsInitializer.earliest();
            case LATEST_OFFSET:
                return OffsetsInitializer.latest();
            case GROUP_OFFSETS:
                String reset = properties.getProperty("auto.offset.reset", "none").toUpperCase(Locale.ROOT);
                return OffsetsInitializer.committedOffsets(OffsetResetStrategy.valueOf(reset));
            case TIMESTAMP:
                return OffsetsInitializer.timestamp(options.get(KafkaConnectorOptions.SCAN_STARTUP_TIMESTAMP_MILLIS));
            default:
                throw new IllegalArgumentException(options.get(KafkaConnectorOptions.SCAN_STARTUP_MODE).toString());
        }
    }
}
