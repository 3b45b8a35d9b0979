package penstock;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarCharType;

/** The date, time and timestamp columns of a text format. The format decodes them as texts, which {@link TimeText} parses. */
final class TimeColumns implements Serializable {
    private static final long serialVersionUID = 1L;

    private interface Reading extends Serializable {
        Object of(Object text) throws TimeText.Unreadable;
    }

    private final int[] positions;
    private final Reading[] readings;

    /** {@code how} maps a column to its reading if that is not `iso`; see {@link TimeText}. */
    TimeColumns(List<String> names, List<LogicalType> types, Map<String, String> how) {
        List<Integer> found = new ArrayList<>();
        List<Reading> made = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            Reading reading = reading(names.get(i), types.get(i), how.getOrDefault(names.get(i), "iso"));
            if (reading != null) {
                found.add(i);
                made.add(reading);
            }
        }
        positions = found.stream().mapToInt(i -> i).toArray();
        readings = made.toArray(new Reading[0]);
    }

    /** Replaces the texts in the row by values. This is safe because JSON and CSV create a new generic row for each record. */
    void read(RowData row) throws TimeText.Unreadable {
        GenericRowData fields = (GenericRowData) row;
        for (int i = 0; i < positions.length; i++) {
            Object text = fields.getField(positions[i]);
            if (text != null) {
                fields.setField(positions[i], readings[i].of(text));
            }
        }
    }

    /** Replaces all date, time and timestamp types in a type by text. Keys of maps are not changed: in JSON they are texts already. */
    static LogicalType asTexts(LogicalType type) {
        boolean nullable = type.isNullable();
        switch (type.getTypeRoot()) {
            case DATE:
            case TIME_WITHOUT_TIME_ZONE:
            case TIMESTAMP_WITHOUT_TIME_ZONE:
            case TIMESTAMP_WITH_LOCAL_TIME_ZONE:
                return new VarCharType(nullable, VarCharType.MAX_LENGTH);
            case ARRAY:
                return new ArrayType(nullable, asTexts(((ArrayType) type).getElementType()));
            case MAP:
                return new MapType(nullable, ((MapType) type).getKeyType(), asTexts(((MapType) type).getValueType()));
            case ROW:
                List<RowType.RowField> fields = new ArrayList<>();
                for (RowType.RowField field : ((RowType) type).getFields()) {
                    fields.add(new RowType.RowField(field.getName(), asTexts(field.getType())));
                }
                return new RowType(nullable, fields);
            default:
                return type;
        }
    }

    /** How to read a column of this type; null if the type contains no time. */
    private static Reading reading(String column, LogicalType type, String how) {
        switch (type.getTypeRoot()) {
            case DATE:
            case TIME_WITHOUT_TIME_ZONE:
            case TIMESTAMP_WITHOUT_TIME_ZONE:
            case TIMESTAMP_WITH_LOCAL_TIME_ZONE:
                TimeText one = new TimeText(column, type, how);
                return text -> one.read(text.toString());
            case ARRAY:
                LogicalType element = ((ArrayType) type).getElementType();
                return array(element, reading(column, element, how));
            case MAP:
                LogicalType value = ((MapType) type).getValueType();
                return map(((MapType) type).getKeyType(), value, reading(column, value, how));
            case ROW:
                List<LogicalType> types = type.getChildren();
                TimeColumns inner = new TimeColumns(Collections.nCopies(types.size(), column), types, Map.of(column, how));
                return inner.positions.length == 0 ? null : row -> {
                    inner.read((RowData) row);
                    return row;
                };
            default:
                return null;
        }
    }

    private static Reading array(LogicalType element, Reading reading) {
        ArrayData.ElementGetter getter = ArrayData.createElementGetter(asTexts(element));
        return reading == null ? null : given -> values((ArrayData) given, getter, reading);
    }

    private static Reading map(LogicalType key, LogicalType value, Reading reading) {
        ArrayData.ElementGetter keys = ArrayData.createElementGetter(key);
        ArrayData.ElementGetter getter = ArrayData.createElementGetter(asTexts(value));
        return reading == null ? null : given -> {
            ArrayData names = ((MapData) given).keyArray();
            Object[] times = values(((MapData) given).valueArray(), getter, reading).toObjectArray();
            Map<Object, Object> pairs = new HashMap<>();
            for (int i = 0; i < times.length; i++) {
                pairs.put(keys.getElementOrNull(names, i), times[i]);
            }
            return new GenericMapData(pairs);
        };
    }

    private static GenericArrayData values(ArrayData texts, ArrayData.ElementGetter getter, Reading reading)
            throws TimeText.Unreadable {
        Object[] times = new Object[texts.size()];
        for (int i = 0; i < times.length; i++) {
            Object text = getter.getElementOrNull(texts, i);
            times[i] = text == null ? null : reading.of(text);
        }
        return new GenericArrayData(times);
    }
}
