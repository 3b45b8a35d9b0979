package penstock;

import java.util.HashMap;
import java.util.Map;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.table.connector.ProviderContext;
import org.apache.flink.table.data.RowData;
import org.apache.flink.types.RowKind;

/**
 * Counts rows in Flink's state, as the metric {@code penstock_<as>} or {@code penstock_<as>_<reason>}.
 *
 * <p>The state is a list of (name, count). A change of parallelism redistributes the elements, which keeps their sums. Deletions and
 * UPDATE_BEFORE rows are not counted. With a column to sum, a row counts as the number in that column.
 */
final class RowCounter extends RichMapFunction<RowData, RowData> implements CheckpointedFunction {
    private static final long serialVersionUID = 1L;

    /** The index of the subtask that runs on this thread. */
    static final ThreadLocal<Integer> SUBTASK = new ThreadLocal<>();

    private final String as;
    private final int reason;
    private final int sum;
    private transient Counter all;
    private transient Map<String, Counter> counters;
    private transient Map<String, Long> restored;
    private transient ListState<Tuple2<String, Long>> state;

    RowCounter(String as, int reason, int sum) {
        this.as = as;
        this.reason = reason;
        this.sum = sum;
    }

    /** Adds a counter behind the rows. */
    static DataStream<RowData> count(DataStream<RowData> rows, ProviderContext context, String as) {
        return count(rows, context, as, -1, -1);
    }

    /**
     * Adds a counter behind the rows. {@code reason} is the index of the column whose value becomes part of the counter's name,
     * {@code sum} the index of the column that holds how many rows a row stands for; -1 for neither.
     */
    static DataStream<RowData> count(
            DataStream<RowData> rows, ProviderContext context, String as, int reason, int sum) {
        SingleOutputStreamOperator<RowData> counted =
                rows.map(new RowCounter(as, reason, sum)).returns(rows.getType()).name("count_" + as);
        context.generateUid("count").ifPresent(counted::uid);
        counted.setParallelism(rows.getParallelism());
        return counted;
    }

    @Override
    public void initializeState(FunctionInitializationContext context) throws Exception {
        state =
                context.getOperatorStateStore()
                        .getListState(new ListStateDescriptor<>("counts", Types.TUPLE(Types.STRING, Types.LONG)));
        restored = new HashMap<>();
        for (Tuple2<String, Long> one : state.get()) {
            restored.merge(one.f0, one.f1, Long::sum);
        }
    }

    @Override
    public void open(OpenContext context) {
        SUBTASK.set(getRuntimeContext().getTaskInfo().getIndexOfThisSubtask());
        getRuntimeContext().getMetricGroup().gauge("penstock_clock", new Clock());
        counters = new HashMap<>();
        restored.forEach((name, count) -> counter(name).inc(count));
        if (reason < 0) {
            all = counter(as);
        }
    }

    /** Keeps the counts as accumulators, because the metrics of a job that has ended are gone. */
    @Override
    public void close() {
        if (counters != null) {
            counters.forEach((name, one) -> getRuntimeContext().getLongCounter("penstock_" + name).add(one.getCount()));
        }
    }

    private Counter counter(String name) {
        Counter counter = counters.get(name);
        if (counter == null) {
            counter = getRuntimeContext().getMetricGroup().counter("penstock_" + name);
            counters.put(name, counter);
        }
        return counter;
    }

    @Override
    public RowData map(RowData row) {
        RowKind kind = row.getRowKind();
        if (kind == RowKind.INSERT || kind == RowKind.UPDATE_AFTER) {
            Counter counter = reason < 0 ? all : counter(as + "_" + row.getString(reason));
            counter.inc(sum < 0 ? 1 : row.getLong(sum));
        }
        return row;
    }

    @Override
    public void snapshotState(FunctionSnapshotContext context) throws Exception {
        state.clear();
        for (Map.Entry<String, Counter> one : counters.entrySet()) {
            state.add(Tuple2.of(one.getKey(), one.getValue().getCount()));
        }
    }

    /**
     * The current time, so that readers can see how old the copies of metrics are that Flink's REST interface returns. A class instead
     * of a lambda, because Flink identifies metrics by object identity, so each subtask needs its own object.
     */
    private static final class Clock implements Gauge<Long> {
        @Override
        public Long getValue() {
            return System.currentTimeMillis();
        }
    }
}
