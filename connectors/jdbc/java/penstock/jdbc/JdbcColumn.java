package penstock.jdbc;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.time.LocalDate;
import java.time.LocalTime;
import java.util.stream.IntStream;
import org.apache.flink.formats.common.TimestampFormat;
import org.apache.flink.formats.json.JsonFormatOptions.MapNullKeyMode;
import org.apache.flink.formats.json.RowDataToJsonConverters;
import org.apache.flink.formats.json.RowDataToJsonConverters.RowDataToJsonConverter;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;

/** A column of the rows: how its value becomes a parameter of a statement. Arrays, maps and rows are written as JSON. */
final class JdbcColumn implements Serializable {
    private static final long serialVersionUID = 1L;
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long MILLI_NANOS = 1_000_000;

    private final RowData.FieldGetter getter;
    private final LogicalType type;
    private final RowDataToJsonConverter json;
    private final Dialect dialect;

    private JdbcColumn(LogicalType type, int index, Dialect dialect) {
        this.type = type;
        this.dialect = dialect;
        getter = RowData.createFieldGetter(type, index);
        boolean nested =
                switch (type.getTypeRoot()) {
                    case ARRAY, MAP, ROW -> true;
                    default -> false;
                };
        json =
                nested
                        ? new RowDataToJsonConverters(TimestampFormat.ISO_8601, MapNullKeyMode.FAIL, "null", false)
                                .createConverter(type)
                        : null;
    }

    static JdbcColumn[] of(RowType rows, Dialect dialect) {
        return IntStream.range(0, rows.getFieldCount())
                .mapToObj(i -> new JdbcColumn(rows.getTypeAt(i), i, dialect))
                .toArray(JdbcColumn[]::new);
    }

    /** The value for comparisons of keys. */
    Object value(RowData row) {
        Object value = getter.getFieldOrNull(row);
        return value instanceof byte[] ? ByteBuffer.wrap((byte[]) value) : value;
    }

    void set(PreparedStatement statement, int parameter, RowData row) throws SQLException {
        Object value = getter.getFieldOrNull(row);
        if (value == null) {
            statement.setNull(parameter, Types.NULL);
            return;
        }
        switch (type.getTypeRoot()) {
            case CHAR, VARCHAR -> statement.setString(parameter, value.toString());
            case BOOLEAN -> statement.setBoolean(parameter, (Boolean) value);
            case TINYINT, SMALLINT -> statement.setShort(parameter, ((Number) value).shortValue());
            case INTEGER -> statement.setInt(parameter, (Integer) value);
            case BIGINT -> statement.setLong(parameter, (Long) value);
            case FLOAT -> statement.setFloat(parameter, (Float) value);
            case DOUBLE -> statement.setDouble(parameter, (Double) value);
            case DECIMAL -> statement.setBigDecimal(parameter, ((DecimalData) value).toBigDecimal());
            case DATE -> statement.setObject(parameter, LocalDate.ofEpochDay((Integer) value));
            case TIME_WITHOUT_TIME_ZONE ->
                statement.setObject(parameter, LocalTime.ofNanoOfDay((Integer) value * MILLI_NANOS));
            case TIMESTAMP_WITHOUT_TIME_ZONE ->
                statement.setObject(parameter, ((TimestampData) value).toLocalDateTime());
            case TIMESTAMP_WITH_LOCAL_TIME_ZONE ->
                statement.setObject(parameter, dialect.instant(((TimestampData) value).toInstant()));
            case BINARY, VARBINARY -> statement.setBytes(parameter, (byte[]) value);
            default -> statement.setString(parameter, text(value));
        }
    }

    private String text(Object value) throws SQLException {
        try {
            return JSON.writeValueAsString(json.convert(JSON, null, value));
        } catch (JsonProcessingException e) {
            throw new SQLException("the value cannot be written as JSON", "22000", e);
        }
    }
}
