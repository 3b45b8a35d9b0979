package penstock;

import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.table.connector.ProviderContext;
import org.apache.flink.table.data.RowData;

/**
 * Keeps the watermark in the checkpoint, and emits it again before the first row after a restart.
 *
 * <p>Flink's window operator restores its watermark, but a source generates a new one only at the next interval. Without this operator, a
 * late row that arrives before that would not be detected as late, and the window would silently drop it. The minimum of the watermarks of
 * all subtasks is restored, as in the window operator, so it is never ahead of the watermark at which earlier rows were processed.
 */
final class KeptWatermark extends AbstractStreamOperator<RowData> implements OneInputStreamOperator<RowData, RowData> {
    private static final long serialVersionUID = 1L;

    private transient ListState<Long> state;
    private transient long restored;
    private transient long latest;

    static DataStream<RowData> after(DataStream<RowData> rows, ProviderContext context) {
        SingleOutputStreamOperator<RowData> kept =
                rows.transform("kept_watermark", rows.getType(), new KeptWatermark());
        context.generateUid("kept-watermark").ifPresent(kept::uid);
        return kept.setParallelism(rows.getParallelism());
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        state = context.getOperatorStateStore().getUnionListState(new ListStateDescriptor<>("watermark", Types.LONG));
        restored = Long.MAX_VALUE;
        for (Long one : state.get()) {
            restored = Math.min(restored, one);
        }
        // Long.MAX_VALUE means that the input had ended, or that there is no state. It must not make later rows late.
        restored = restored == Long.MAX_VALUE ? Long.MIN_VALUE : restored;
        latest = restored;
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        state.clear();
        state.add(latest);
    }

    @Override
    public void processElement(StreamRecord<RowData> element) {
        if (restored != Long.MIN_VALUE) {
            output.emitWatermark(new Watermark(restored));
            restored = Long.MIN_VALUE;
        }
        output.collect(element);
    }

    @Override
    public void processWatermark(Watermark mark) throws Exception {
        if (mark.getTimestamp() > latest) {
            latest = mark.getTimestamp();
            restored = Long.MIN_VALUE;
            super.processWatermark(mark);
        }
    }
}
