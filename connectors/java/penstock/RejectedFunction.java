package penstock;

import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.ScalarFunction;

/**
 * Returns its first argument, which says whether a row is rejected, and fails the job without a restart if too many rows are rejected.
 *
 * <p>Each subtask evaluates consecutive windows of {@code of} rows. The job fails as soon as the rejected rows of a window exceed
 * {@code share} of {@code of}, so a few rejected rows at the start do not stop it.
 */
public final class RejectedFunction extends ScalarFunction {
    private static final long serialVersionUID = 1L;
    private transient long seen;
    private transient long rejected;

    @Override
    public void open(FunctionContext context) {
        seen = 0;
        rejected = 0;
    }

    public Boolean eval(Boolean flag, String step, Double share, Long of) {
        if (Boolean.TRUE.equals(flag) && ++rejected > share * of) {
            throw new SuppressRestartsException(
                    new IllegalStateException(
                            "too many dead letters: " + rejected + " of the last " + (seen + 1) + " rows at " + step
                                    + ", and dead_letter_limit allows " + (long) Math.floor(share * of) + " in " + of));
        }
        if (++seen == of) {
            seen = 0;
            rejected = 0;
        }
        return flag;
    }

    /** False because the function counts: the planner must neither fold it into a constant nor evaluate it twice for a row. */
    @Override
    public boolean isDeterministic() {
        return false;
    }
}
