package penstock;

import java.util.HashSet;
import java.util.Set;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.formats.common.TimestampFormat;
import org.apache.flink.formats.json.JsonFormatOptions.MapNullKeyMode;
import org.apache.flink.formats.json.JsonRowDataSerializationSchema;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.format.EncodingFormat;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.factories.SerializationFormatFactory;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.LogicalTypeFamily;
import org.apache.flink.table.types.logical.RowType;

/** The format {@code penstock-json}: encodes rows of scalar columns with {@link JsonEncoder}, and others with Flink's encoder. */
public final class JsonFormatFactory implements SerializationFormatFactory {
    static final String IDENTIFIER = "penstock-json";

    @Override
    public String factoryIdentifier() {
        return IDENTIFIER;
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return new HashSet<>();
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        return new HashSet<>();
    }

    @Override
    public EncodingFormat<SerializationSchema<RowData>> createEncodingFormat(
            DynamicTableFactory.Context context, ReadableConfig options) {
        return new EncodingFormat<>() {
            @Override
            public SerializationSchema<RowData> createRuntimeEncoder(DynamicTableSink.Context sink, DataType type) {
                return encoder((RowType) type.getLogicalType());
            }

            @Override
            public ChangelogMode getChangelogMode() {
                return ChangelogMode.insertOnly();
            }
        };
    }

    /** Returns the encoder of rows of this type. */
    public static SerializationSchema<RowData> encoder(RowType row) {
        return row.getChildren().stream().anyMatch(one -> one.is(LogicalTypeFamily.CONSTRUCTED)) ? flink(row) : new JsonEncoder(row);
    }

    static SerializationSchema<RowData> flink(RowType row) {
        return new JsonRowDataSerializationSchema(
                row, TimestampFormat.ISO_8601, MapNullKeyMode.FAIL, "null", true, false);
    }
}
