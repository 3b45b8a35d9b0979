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
import org.apache.flink.api.common.typeinfo.TypeInformation;
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
 * The format {@code guarded}: wraps any other decoding format, and returns a row of NULLs for each undecodable record instead of throwing
 * an exception. JSON is decoded by {@link JsonSchema} instead of Flink's format, and the cells of CSV by {@link TextColumns}.
 *
 * <p>The reason goes into columns of the table with fixed names: {@code penstock_reason} and {@code penstock_error}. {@code penstock_raw}
 * holds the bytes of each record, {@code penstock_key} those of a record's key. These are columns and not metadata, because only Kafka's
 * table source supports metadata of a format.
 */
public final class GuardedFormatFactory implements DeserializationFormatFactory {
    static final String IDENTIFIER = "guarded";

    static final ConfigOption<String> FORMAT = ConfigOptions.key("format").stringType().noDefaultValue();

    /** All options of the wrapped format as one option, in the form of {@link Properties}. */
    static final ConfigOption<String> WITH = ConfigOptions.key("with").stringType().defaultValue("");

    /** Columns in which a NULL makes a record undecodable, separated by commas. */
    private static final ConfigOption<String> REQUIRED = ConfigOptions.key("required").stringType().defaultValue("");

    /** Columns that are NOT NULL for the wrapped format, separated by commas. For Avro, any other column is a union with null. */
    private static final ConfigOption<String> NOT_NULL = ConfigOptions.key("not-null").stringType().defaultValue("");

    /** How times are read that are not ISO 8601: pairs `column=reading`, separated by commas; see {@link TimeText}. */
    private static final ConfigOption<String> TIMES = ConfigOptions.key("times").stringType().defaultValue("");

    /** Whether an undecodable record fails the job. */
    private static final ConfigOption<Boolean> FAIL = ConfigOptions.key("fail").booleanType().defaultValue(false);

    /** Whether empty records, such as blank lines of a file, are skipped. */
    private static final ConfigOption<Boolean> SKIP_EMPTY =
            ConfigOptions.key("skip-empty").booleanType().defaultValue(false);

    /** The event-time column if undecodable records need a value in it, because the job would fail at a NULL; else empty. */
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
        return new Guarded(name, name.equals("json") ? null : wrapped(context, options), options);
    }

    private static DecodingFormat<DeserializationSchema<RowData>> wrapped(
            DynamicTableFactory.Context context, ReadableConfig options) {
        return FactoryUtil.discoverFactory(
                context.getClassLoader(), DeserializationFormatFactory.class, options.get(FORMAT))
                .createDecodingFormat(context, parsed(options.get(WITH)));
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

    private static final class Guarded implements WholeRows {
        private final String name;

        /** Null for JSON, which {@link JsonSchema} decodes. */
        private final DecodingFormat<DeserializationSchema<RowData>> inner;

        private final ReadableConfig options;

        Guarded(String name, DecodingFormat<DeserializationSchema<RowData>> inner, ReadableConfig options) {
            this.name = name;
            this.inner = inner;
            this.options = options;
        }

        @Override
        public DeserializationSchema<RowData> createRuntimeDecoder(
                DynamicTableSource.Context context, DataType type) {
            return wholeRows(context, type, Set.of());
        }

        @Override
        public DeserializationSchema<RowData> wholeRows(
                DynamicTableSource.Context context, DataType type, Set<String> others) {
            boolean csv = name.equals("csv");
            Map<String, String> times = times(options.get(TIMES));
            List<DataTypes.Field> decoded = new ArrayList<>();
            List<String> names = new ArrayList<>();
            List<LogicalType> types = new ArrayList<>();
            Set<String> notNull = Set.of(options.get(NOT_NULL).split(","));
            for (DataTypes.Field field : DataType.getFields(type)) {
                if (!GuardedSchema.OWN.contains(field.getName()) && !others.contains(field.getName())) {
                    DataType one = notNull.contains(field.getName()) ? field.getDataType().notNull() : field.getDataType();
                    names.add(field.getName());
                    types.add(one.getLogicalType());
                    DataType asked = csv ? DataTypes.of(TextColumns.asTexts(one.getLogicalType())) : one;
                    decoded.add(DataTypes.FIELD(field.getName(), asked));
                }
            }
            DeserializationSchema<RowData> schema = null;
            if (!names.isEmpty()) {
                schema = inner == null
                        ? json(names, types, times, DataType.getFieldNames(type), context.createTypeInformation(type))
                        : inner.createRuntimeDecoder(context, DataTypes.ROW(decoded).notNull());
            }
            return new GuardedSchema(
                    schema,
                    type,
                    others,
                    csv ? new TextColumns(names, types, times) : null,
                    new HashSet<>(List.of(options.get(REQUIRED).split(","))),
                    options.get(FAIL),
                    name.equals("raw"),
                    options.get(SKIP_EMPTY),
                    options.get(EVENT_TIME),
                    context.createTypeInformation(type));
        }

        private static JsonSchema json(
                List<String> names,
                List<LogicalType> types,
                Map<String, String> times,
                List<String> all,
                TypeInformation<RowData> produced) {
            int[] places = names.stream().mapToInt(all::indexOf).toArray();
            return new JsonSchema(
                    new JsonBytes(names, types, times, places, all.size()),
                    JsonRow.ofRecord(names, types, times, places, all.size()),
                    produced);
        }

        private static Map<String, String> times(String text) {
            Map<String, String> times = new HashMap<>();
            for (String pair : text.isEmpty() ? new String[0] : text.split(",")) {
                int sign = pair.indexOf('=');
                times.put(pair.substring(0, sign), pair.substring(sign + 1));
            }
            return times;
        }

        @Override
        public ChangelogMode getChangelogMode() {
            return inner == null ? ChangelogMode.insertOnly() : inner.getChangelogMode();
        }
    }
}
