package penstock;

import java.io.IOException;
import java.io.Serializable;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.utils.ProjectedRowData;
import org.apache.flink.table.types.logical.RowType;

/** The columns that identify a row, whose values are written as a JSON object. */
public record RowKey(SerializationSchema<RowData> encoder, int[] columns) implements Serializable {
    /** Why a row without a value in one of the columns is rejected. */
    public static final String NULL = "a column of the key is NULL";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int HASH_BYTES = 16;

    public static RowKey of(RowType rows, int[] columns) {
        RowType key = new RowType(Arrays.stream(columns).mapToObj(rows.getFields()::get).toList());
        return new RowKey(JsonFormatFactory.encoder(key), columns);
    }

    /** A hash of the values; null if one is NULL. */
    public String hash(RowData row) {
        try {
            byte[] values = values(row);
            return values == null ? null
                    : HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(values), 0, HASH_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The value of the column as a text, or a JSON array of the values of several ones; null if one is NULL. */
    public String text(RowData row) throws IOException {
        byte[] values = values(row);
        if (values == null) {
            return null;
        }
        JsonNode object = JSON.readTree(values);
        return columns.length == 1 ? object.elements().next().asText() : JSON.writeValueAsString(object.elements());
    }

    private byte[] values(RowData row) {
        return Arrays.stream(columns).anyMatch(row::isNullAt) ? null
                : encoder.serialize(ProjectedRowData.from(columns).replaceRow(row));
    }
}
