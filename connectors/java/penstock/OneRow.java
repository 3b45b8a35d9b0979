package penstock;

import org.apache.flink.table.functions.TableFunction;

/** A table with one row. A join with it leaves rows as they are, and keeps the planner from merging the steps before and after it. */
public final class OneRow extends TableFunction<Boolean> {
    private static final long serialVersionUID = 1L;

    public void eval() {
        collect(true);
    }
}
