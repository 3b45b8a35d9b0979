package penstock;

import org.apache.flink.api.common.functions.Partitioner;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.apache.flink.table.connector.ProviderContext;
import org.apache.flink.table.data.RowData;

/**
 * Combines the watermarks of all source subtasks, and keeps idleness from the operators behind it.
 *
 * <p>When an idle source subtask becomes active, its own watermark is old, so its rows are not detected as late. A window behind the next
 * shuffle already has the watermark of the other subtasks, and would silently drop these rows. Therefore rows go through an exchange in
 * which each subtask receives the watermark and the idleness of every source subtask, while rows stay on their own subtask and in order.
 * After it, the watermark of a window is never ahead of the one with which late rows were detected.
 */
final class NeverIdle extends AbstractStreamOperator<RowData> implements OneInputStreamOperator<RowData, RowData> {
    private static final long serialVersionUID = 1L;

    static DataStream<RowData> after(DataStream<RowData> rows, ProviderContext context) {
        SingleOutputStreamOperator<RowData> met =
                rows.partitionCustom(new Stay(), new OwnSubtask())
                        .transform("never_idle", rows.getType(), new NeverIdle());
        context.generateUid("never-idle").ifPresent(met::uid);
        return met.setParallelism(rows.getParallelism());
    }

    @Override
    public void processElement(StreamRecord<RowData> element) {
        output.collect(element);
    }

    @Override
    public void processWatermarkStatus(WatermarkStatus status) throws Exception {
        if (status.isActive()) {
            super.processWatermarkStatus(status);
        }
    }

    /** Flink calls this on the thread of the operators before the exchange, where {@link RowCounter} has stored the subtask's index. */
    private static final class OwnSubtask implements KeySelector<RowData, Integer> {
        private static final long serialVersionUID = 1L;

        @Override
        public Integer getKey(RowData row) {
            return RowCounter.SUBTASK.get();
        }
    }

    private static final class Stay implements Partitioner<Integer> {
        private static final long serialVersionUID = 1L;

        @Override
        public int partition(Integer subtask, int channels) {
            return subtask % channels;
        }
    }
}
