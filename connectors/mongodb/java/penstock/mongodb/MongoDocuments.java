package penstock.mongodb;

import java.io.Serializable;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;
import org.bson.BsonArray;
import org.bson.BsonBinary;
import org.bson.BsonBoolean;
import org.bson.BsonDateTime;
import org.bson.BsonDecimal128;
import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonNull;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.types.Decimal128;

/** Makes documents of rows; docs/mongodb.md lists the types. */
final class MongoDocuments implements Serializable {
    private static final long serialVersionUID = 1L;
    private static final long DAY_MILLIS = 86_400_000;
    private static final long MILLI_NANOS = 1_000_000;

    private final RowType type;
    private final RowData.FieldGetter[] getters;
    private final int[] key;

    /** {@code key} is the indexes of the columns whose values are the id of a document; empty if the driver creates ids. */
    MongoDocuments(RowType type, int[] key) {
        this.type = type;
        this.key = key;
        getters = getters(type);
    }

    /** The document of a row. With a key, its id comes first. */
    BsonDocument of(RowData row) {
        BsonDocument document = new BsonDocument();
        if (key.length > 0) {
            document.put("_id", id(row));
        }
        return fields(document, row, type, getters);
    }

    /** The id of a row: the value of its key column, or a document with those of several ones; null if one is NULL. */
    BsonValue id(RowData row) {
        if (Arrays.stream(key).anyMatch(row::isNullAt)) {
            return null;
        }
        if (key.length == 1) {
            return value(getters[key[0]].getFieldOrNull(row), type.getTypeAt(key[0]));
        }
        BsonDocument id = new BsonDocument();
        for (int i : key) {
            id.put(type.getFieldNames().get(i), value(getters[i].getFieldOrNull(row), type.getTypeAt(i)));
        }
        return id;
    }

    private static RowData.FieldGetter[] getters(RowType type) {
        return IntStream.range(0, type.getFieldCount())
                .mapToObj(i -> RowData.createFieldGetter(type.getTypeAt(i), i))
                .toArray(RowData.FieldGetter[]::new);
    }

    private static BsonDocument fields(BsonDocument document, RowData row, RowType type, RowData.FieldGetter[] getters) {
        List<String> names = type.getFieldNames();
        for (int i = 0; i < getters.length; i++) {
            document.put(names.get(i), value(getters[i].getFieldOrNull(row), type.getTypeAt(i)));
        }
        return document;
    }

    private static BsonValue value(Object value, LogicalType type) {
        if (value == null) {
            return BsonNull.VALUE;
        }
        return switch (type.getTypeRoot()) {
            case CHAR, VARCHAR -> new BsonString(value.toString());
            case BOOLEAN -> BsonBoolean.valueOf((Boolean) value);
            case TINYINT, SMALLINT, INTEGER -> new BsonInt32(((Number) value).intValue());
            case BIGINT -> new BsonInt64((Long) value);
            case FLOAT -> new BsonDouble(Double.parseDouble(value.toString())); // 0.1 stays 0.1
            case DOUBLE -> new BsonDouble((Double) value);
            case DECIMAL -> new BsonDecimal128(new Decimal128(((DecimalData) value).toBigDecimal()));
            case DATE -> new BsonDateTime(Math.multiplyExact((Integer) value, DAY_MILLIS));
            case TIME_WITHOUT_TIME_ZONE ->
                new BsonString(DateTimeFormatter.ISO_LOCAL_TIME.format(LocalTime.ofNanoOfDay((Integer) value * MILLI_NANOS)));
            case TIMESTAMP_WITHOUT_TIME_ZONE, TIMESTAMP_WITH_LOCAL_TIME_ZONE -> new BsonDateTime(((TimestampData) value).getMillisecond());
            case BINARY, VARBINARY -> new BsonBinary((byte[]) value);
            case ARRAY -> array((ArrayData) value, ((ArrayType) type).getElementType());
            case MAP -> map((MapData) value, (MapType) type);
            case ROW -> fields(new BsonDocument(), (RowData) value, (RowType) type, getters((RowType) type));
            default -> throw new IllegalArgumentException(type.asSummaryString());
        };
    }

    private static BsonArray array(ArrayData array, LogicalType type) {
        ArrayData.ElementGetter getter = ArrayData.createElementGetter(type);
        BsonArray values = new BsonArray();
        for (int i = 0; i < array.size(); i++) {
            values.add(value(getter.getElementOrNull(array, i), type));
        }
        return values;
    }

    private static BsonDocument map(MapData map, MapType type) {
        ArrayData.ElementGetter keys = ArrayData.createElementGetter(type.getKeyType());
        ArrayData.ElementGetter values = ArrayData.createElementGetter(type.getValueType());
        BsonDocument document = new BsonDocument();
        for (int i = 0; i < map.size(); i++) {
            document.put(
                    String.valueOf(keys.getElementOrNull(map.keyArray(), i)),
                    value(values.getElementOrNull(map.valueArray(), i), type.getValueType()));
        }
        return document;
    }
}
