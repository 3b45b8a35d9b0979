package penstock;

import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.data.utils.ProjectedRowData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.RowType;

/** Makes dead letters of rows that a sink rejects; the columns are those of `connectors/dead_letter/schema.py`. */
final class DeadLetters implements Serializable {
    private static final long serialVersionUID = 1L;

    /** Columns that carry the origin of a row begin with this. */
    static final String ORIGIN = "penstock_";

    static final DataType TYPE =
            DataTypes.ROW(
                    DataTypes.FIELD("reason", DataTypes.STRING()),
                    DataTypes.FIELD("error", DataTypes.STRING()),
                    DataTypes.FIELD("source", DataTypes.STRING()),
                    DataTypes.FIELD("partition", DataTypes.INT()),
                    DataTypes.FIELD("offset", DataTypes.BIGINT()),
                    DataTypes.FIELD("timestamp", DataTypes.TIMESTAMP_LTZ(3)),
                    DataTypes.FIELD("headers", DataTypes.STRING()),
                    DataTypes.FIELD("key", DataTypes.BYTES()),
                    DataTypes.FIELD("raw", DataTypes.BYTES()),
                    DataTypes.FIELD("row", DataTypes.STRING()),
                    DataTypes.FIELD("job", DataTypes.STRING()),
                    DataTypes.FIELD("version", DataTypes.STRING()),
                    DataTypes.FIELD("step", DataTypes.STRING()),
                    DataTypes.FIELD("at", DataTypes.TIMESTAMP_LTZ(3)));

    private final RowType rows;
    private final int[] columns;
    private final SerializationSchema<RowData> encoder;
    private final Map<String, String> texts;
    private transient RowData.FieldGetter[] origin;
    private transient ObjectMapper json;

    /**
     * {@code rows} is the type of the rows with their origin, {@code columns} the indexes of the columns without it, {@code encoder}
     * writes those as JSON, and {@code texts} are the values of the columns job, version and step.
     */
    DeadLetters(RowType rows, int[] columns, SerializationSchema<RowData> encoder, Map<String, String> texts) {
        this.rows = rows;
        this.columns = columns;
        this.encoder = encoder;
        this.texts = texts;
    }

    void open() throws Exception {
        json = new ObjectMapper();
        List<String> names = DataType.getFieldNames(TYPE);
        origin = new RowData.FieldGetter[names.size()];
        for (int i = 0; i < origin.length; i++) {
            int index = rows.getFieldIndex(ORIGIN + names.get(i));
            origin[i] = index < 0 ? null : RowData.createFieldGetter(rows.getTypeAt(index), index);
        }
        encoder.open(new Opening());
    }

    RowData of(RowData row, String reason, String error) throws JsonProcessingException {
        GenericRowData deadLetter = new GenericRowData(origin.length);
        for (int i = 0; i < origin.length; i++) {
            Object value = origin[i] == null ? null : origin[i].getFieldOrNull(row);
            deadLetter.setField(i, value instanceof MapData ? headers((MapData) value) : value);
        }
        List<String> names = DataType.getFieldNames(TYPE);
        byte[] text = encoder.serialize(ProjectedRowData.from(columns).replaceRow(row));
        deadLetter.setField(names.indexOf("row"), StringData.fromBytes(text));
        texts.forEach((name, value) -> deadLetter.setField(names.indexOf(name), StringData.fromString(value)));
        deadLetter.setField(names.indexOf("reason"), StringData.fromString(reason));
        deadLetter.setField(names.indexOf("error"), StringData.fromString(error));
        deadLetter.setField(names.indexOf("at"), TimestampData.fromEpochMillis(System.currentTimeMillis()));
        return deadLetter;
    }

    /** The headers of a record as a JSON object of base64 values. */
    private StringData headers(MapData map) throws JsonProcessingException {
        Map<String, byte[]> headers = new LinkedHashMap<>();
        for (int i = 0; i < map.size(); i++) {
            headers.put(
                    map.keyArray().getString(i).toString(),
                    map.valueArray().isNullAt(i) ? null : map.valueArray().getBinary(i));
        }
        return StringData.fromString(json.writeValueAsString(headers));
    }
}
