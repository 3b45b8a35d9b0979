package penstock;

import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.FunctionHint;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.functions.ScalarFunction;

/**
 * Whether the watermark has passed the end of the tumbling window of a row, whose size is in milliseconds.
 *
 * <p>The same is known behind Flink's window function, which must then be an operator of its own. Without it, Flink assigns a row to its
 * window where it aggregates the row.
 */
@FunctionHint(input = {
        @DataTypeHint(value = "TIMESTAMP(3)", bridgedTo = TimestampData.class),
        @DataTypeHint(value = "TIMESTAMP(3)", bridgedTo = TimestampData.class),
        @DataTypeHint(value = "BIGINT NOT NULL", bridgedTo = long.class)})
@FunctionHint(input = {
        @DataTypeHint(value = "TIMESTAMP_LTZ(3)", bridgedTo = TimestampData.class),
        @DataTypeHint(value = "TIMESTAMP_LTZ(3)", bridgedTo = TimestampData.class),
        @DataTypeHint(value = "BIGINT NOT NULL", bridgedTo = long.class)})
public final class WindowClosedFunction extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    /** The last millisecond of a window has passed when the watermark is equal to it. Without a watermark no window is closed. */
    @SuppressWarnings("static-method") // Flink calls it on an object
    public boolean eval(TimestampData time, TimestampData watermark, long size) {
        return watermark != null
                && watermark.getMillisecond() >= (Math.floorDiv(time.getMillisecond(), size) + 1) * size - 1;
    }
}
