package penstock;

import java.util.HashMap;
import java.util.Map;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.ScalarFunction;

/** Gives its first argument back and counts the call under {@code penstock_<what>}: how refused rows are counted, whatever their sink. */
public final class CountFunction extends ScalarFunction {
    private static final long serialVersionUID = 1L;
    private transient MetricGroup metrics;
    private transient Map<String, Counter> counters;

    @Override
    public void open(FunctionContext context) {
        metrics = context.getMetricGroup();
        counters = new HashMap<>();
    }

    public String eval(String value, String what) {
        counters.computeIfAbsent(what, name -> metrics.counter("penstock_" + name)).inc();
        return value;
    }

    /** A count must neither be folded into a constant nor be left out. */
    @Override
    public boolean isDeterministic() {
        return false;
    }
}
