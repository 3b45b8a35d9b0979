package penstock.http;

import java.io.IOException;
import java.io.Serializable;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.utils.ProjectedRowData;
import org.apache.flink.table.types.logical.RowType;
import penstock.JsonFormatFactory;
import penstock.Opening;

/** The id of a row's document: the value of the key column as a text, or a JSON array of the values of several key columns. */
final class DocumentId implements Serializable {
    private static final long serialVersionUID = 1L;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final int[] key;
    private final String[] names;
    private final SerializationSchema<RowData> encoder;

    DocumentId(RowType rows, int[] key) {
        this.key = key;
        names = Arrays.stream(key).mapToObj(rows.getFieldNames()::get).toArray(String[]::new);
        encoder =
                JsonFormatFactory.encoder(
                        new RowType(IntStream.of(key).mapToObj(rows.getFields()::get).collect(Collectors.toList())));
    }

    void open() throws Exception {
        encoder.open(new Opening());
    }

    /** Whether rows have ids. */
    boolean exists() {
        return key.length > 0;
    }

    /** Returns the id; null if a value of the key is NULL. */
    String of(RowData row) throws JsonProcessingException {
        for (int column : key) {
            if (row.isNullAt(column)) {
                return null;
            }
        }
        JsonNode values;
        try {
            values = JSON.readTree(encoder.serialize(ProjectedRowData.from(key).replaceRow(row)));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return key.length == 1 ? values.get(names[0]).asText() : JSON.writeValueAsString(values.elements());
    }
}
