package penstock;

import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.ScalarFunction;

/**
 * Gives its first argument back (whether a row is rejected), and fails the job for good when too large a share of rows is.
 *
 * <p>The rows of one subtask are looked at in groups of {@code of}: the job fails as soon as more than {@code share} of a
 * group is rejected, so a few rejected rows at the start do not stop it.
 */
public final class RefusedFunction extends ScalarFunction {
    private static final long serialVersionUID = 1L;
    private transient long seen;
    private transient long refused;

    @Override
    public void open(FunctionContext context) {
        seen = 0;
        refused = 0;
    }

    public Boolean eval(Boolean flag, String step, Double share, Long of) {
        if (Boolean.TRUE.equals(flag) && ++refused > share * of) {
            throw new SuppressRestartsException(
                    new IllegalStateException(
                            "too many dead letters: " + refused + " of the last " + (seen + 1) + " rows at " + step
                                    + ", and dead_letter_limit allows " + (long) Math.floor(share * of) + " in " + of));
        }
        if (++seen == of) {
            seen = 0;
            refused = 0;
        }
        return flag;
    }

    /** It counts: it must neither be folded into a constant nor be called once more for a second reader. */
    @Override
    public boolean isDeterministic() {
        return false;
    }
}
