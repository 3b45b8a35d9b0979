package penstock;

import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.format.DecodingFormat;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DeserializationFormatFactory;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.LogicalType;

/**
 * The format {@code guarded}: any other decoding format, and for each record that it cannot decode a row of NULLs instead
 * of an exception.
 *
 * <p>What is wrong goes into columns of the table itself, found by their names: {@code penstock_reason}, {@code
 * penstock_error}, {@code penstock_raw} (the record's bytes, always), and for a record's key {@code penstock_key}. Columns
 * rather than metadata, because only Kafka's table source asks a format for metadata.
 */
public final class GuardedFormatFactory implements DeserializationFormatFactory {
    static final String IDENTIFIER = "guarded";

    static final ConfigOption<String> FORMAT = ConfigOptions.key("format").stringType().noDefaultValue();

    /** The options of the inner format, in the form of {@link Properties}: one option, whatever that format knows. */
    static final ConfigOption<String> WITH = ConfigOptions.key("with").stringType().defaultValue("");

    /** Columns that must not be NULL, with commas between. */
    private static final ConfigOption<String> REQUIRED = ConfigOptions.key("required").stringType().defaultValue("");

    /** Columns whose type says NOT NULL to the inner format, with commas between: Avro writes others as a union. */
    private static final ConfigOption<String> NOT_NULL = ConfigOptions.key("not-null").stringType().defaultValue("");

    /** How the times of a column are read where not as ISO 8601 texts: `column=reading`, with commas between; see {@link TimeText}. */
    private static final ConfigOption<String> TIMES = ConfigOptions.key("times").stringType().defaultValue("");

    /** Whether a record that cannot be decoded fails the job. */
    private static final ConfigOption<Boolean> FAIL = ConfigOptions.key("fail").booleanType().defaultValue(false);

    /** Whether an empty record is none: a blank line of a file. */
    private static final ConfigOption<Boolean> SKIP_EMPTY =
            ConfigOptions.key("skip-empty").booleanType().defaultValue(false);

    /** The event-time column, where Flink rejects a row without one before the row can become a dead letter; else nothing. */
    private static final ConfigOption<String> EVENT_TIME =
            ConfigOptions.key("event-time").stringType().defaultValue("");

    @Override
    public String factoryIdentifier() {
        return IDENTIFIER;
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return new HashSet<>(Set.of(FORMAT));
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        return new HashSet<>(Set.of(WITH, REQUIRED, NOT_NULL, TIMES, FAIL, SKIP_EMPTY, EVENT_TIME));
    }

    @Override
    public DecodingFormat<DeserializationSchema<RowData>> createDecodingFormat(
            DynamicTableFactory.Context context, ReadableConfig options) {
        String name = options.get(FORMAT);
        DeserializationFormatFactory inner =
                FactoryUtil.discoverFactory(context.getClassLoader(), DeserializationFormatFactory.class, name);
        DecodingFormat<DeserializationSchema<RowData>> format =
                inner.createDecodingFormat(context, parsed(options.get(WITH)));
        return new Guarded(format, options, name.equals("raw"), name.equals("json") || name.equals("csv"));
    }

    static Configuration parsed(String text) {
        Properties properties = new Properties();
        try {
            properties.load(new StringReader(text));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Configuration configuration = new Configuration();
        properties.stringPropertyNames().forEach(key -> configuration.setString(key, properties.getProperty(key)));
        return configuration;
    }

    private static final class Guarded implements DecodingFormat<DeserializationSchema<RowData>> {
        private final DecodingFormat<DeserializationSchema<RowData>> inner;
        private final ReadableConfig options;
        private final boolean emptyIsValue;
        private final boolean timesAreTexts;

        Guarded(
                DecodingFormat<DeserializationSchema<RowData>> inner,
                ReadableConfig options,
                boolean emptyIsValue,
                boolean timesAreTexts) {
            this.inner = inner;
            this.options = options;
            this.emptyIsValue = emptyIsValue;
            this.timesAreTexts = timesAreTexts;
        }

        @Override
        public DeserializationSchema<RowData> createRuntimeDecoder(
                DynamicTableSource.Context context, DataType type) {
            List<DataTypes.Field> decoded = new ArrayList<>();
            List<String> names = DataType.getFieldNames(type);
            List<DataType> types = DataType.getFieldDataTypes(type);
            Set<String> notNull = Set.of(options.get(NOT_NULL).split(","));
            List<String> decodedNames = new ArrayList<>();
            List<LogicalType> decodedTypes = new ArrayList<>();
            for (int i = 0; i < names.size(); i++) {
                String name = names.get(i);
                if (!GuardedSchema.OWN.contains(name)) {
                    DataType one = notNull.contains(name) ? types.get(i).notNull() : types.get(i);
                    decodedNames.add(name);
                    decodedTypes.add(one.getLogicalType());
                    DataType asked = timesAreTexts ? DataTypes.of(TimeColumns.asTexts(one.getLogicalType())) : one;
                    decoded.add(DataTypes.FIELD(name, asked));
                }
            }
            DeserializationSchema<RowData> schema =
                    decoded.isEmpty() ? null : inner.createRuntimeDecoder(context, DataTypes.ROW(decoded).notNull());
            return new GuardedSchema(
                    schema,
                    type,
                    timesAreTexts ? new TimeColumns(decodedNames, decodedTypes, readings(options.get(TIMES))) : null,
                    new HashSet<>(List.of(options.get(REQUIRED).split(","))),
                    options.get(FAIL),
                    emptyIsValue,
                    options.get(SKIP_EMPTY),
                    options.get(EVENT_TIME),
                    context.createTypeInformation(type));
        }

        private static Map<String, String> readings(String text) {
            Map<String, String> readings = new HashMap<>();
            for (String pair : text.isEmpty() ? new String[0] : text.split(",")) {
                int sign = pair.indexOf('=');
                readings.put(pair.substring(0, sign), pair.substring(sign + 1));
            }
            return readings;
        }

        @Override
        public ChangelogMode getChangelogMode() {
            return inner.getChangelogMode();
        }
    }
}
