package penstock;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarCharType;

/** The columns of a CSV record. Flink's format decodes all of them as texts, which {@link TextValue} converts. */
final class TextColumns implements Serializable {
    private static final long serialVersionUID = 1L;

    private interface Reading extends Serializable {
        Object of(Object texts) throws Undecodable;
    }

    private final Reading[] readings;

    /** {@code times} maps a column to how its times are read; see {@link TimeText}. */
    TextColumns(List<String> names, List<LogicalType> types, Map<String, String> times) {
        List<Reading> made = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            made.add(reading(names.get(i), types.get(i), times.getOrDefault(names.get(i), "iso")));
        }
        readings = made.toArray(new Reading[0]);
    }

    /** Replaces the texts in the row by values. This is safe because Flink's CSV format creates a new generic row for each record. */
    void read(RowData row) throws Undecodable {
        GenericRowData fields = (GenericRowData) row;
        for (int i = 0; i < readings.length; i++) {
            Object text = fields.getField(i);
            if (text != null) {
                fields.setField(i, readings[i].of(text));
            }
        }
    }

    /** Replaces all scalar types in a type by text. */
    static LogicalType asTexts(LogicalType type) {
        boolean nullable = type.isNullable();
        switch (type.getTypeRoot()) {
            case ARRAY:
                return new ArrayType(nullable, asTexts(((ArrayType) type).getElementType()));
            case ROW:
                List<RowType.RowField> fields = new ArrayList<>();
                for (RowType.RowField field : ((RowType) type).getFields()) {
                    fields.add(new RowType.RowField(field.getName(), asTexts(field.getType())));
                }
                return new RowType(nullable, fields);
            default:
                return new VarCharType(nullable, VarCharType.MAX_LENGTH);
        }
    }

    private static Reading reading(String column, LogicalType type, String times) {
        switch (type.getTypeRoot()) {
            case ARRAY:
                return array(column, ((ArrayType) type).getElementType(), times);
            case ROW:
                List<LogicalType> types = type.getChildren();
                TextColumns inner = new TextColumns(Collections.nCopies(types.size(), column), types, Map.of(column, times));
                return row -> {
                    inner.read((RowData) row);
                    return row;
                };
            default:
                TextValue one = TextValue.reader(column, type, times);
                return text -> one.of(text.toString());
        }
    }

    private static Reading array(String column, LogicalType element, String times) {
        Reading reading = reading(column, element, times);
        ArrayData.ElementGetter getter = ArrayData.createElementGetter(asTexts(element));
        return given -> {
            ArrayData texts = (ArrayData) given;
            Object[] values = new Object[texts.size()];
            for (int i = 0; i < values.length; i++) {
                Object text = getter.getElementOrNull(texts, i);
                values[i] = text == null ? null : reading.of(text);
            }
            return new GenericArrayData(values);
        };
    }
}
