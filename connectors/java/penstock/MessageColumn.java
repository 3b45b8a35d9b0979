package penstock;

import java.io.Serializable;
import java.util.function.Function;
import org.apache.flink.table.types.DataType;

/** A column with metadata of a message: its name in the table options, its type, and its value, in Flink's internal form. */
public record MessageColumn<M extends Message>(String key, DataType type, Read<M> read) implements Serializable {
    /** Reads the value. */
    public interface Read<M> extends Function<M, Object>, Serializable {
    }
}
