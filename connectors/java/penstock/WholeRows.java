package penstock;

import java.util.Set;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.table.connector.format.DecodingFormat;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;

/** A decoding format whose rows have room for columns that come from elsewhere. A source can set those without a copy of the row. */
public interface WholeRows extends DecodingFormat<DeserializationSchema<RowData>> {
    /**
     * The decoder of rows of this type. The {@code others} are the names of the columns that it leaves NULL. Each row is a new {@code
     * GenericRowData}.
     */
    DeserializationSchema<RowData> wholeRows(DynamicTableSource.Context context, DataType type, Set<String> others);
}
