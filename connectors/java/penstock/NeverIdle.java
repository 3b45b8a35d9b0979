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
 * Brings the watermarks of all source subtasks together, and lets none of what follows be idle.
 *
 * <p>A source subtask that was idle wakes with an old watermark of its own, by which its rows are on time; the window behind the
 * next shuffle has the other subtasks' watermark, and would drop them without a word. So rows go through an exchange in which
 * every subtask meets every source's watermark (and its idleness, which ends here), while they stay on their own subtask, in
 * their order. After that the watermark of a window is never ahead of that which the rows met where they were looked at.
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

    /** Flink asks for the key on the thread of the operators before it: the counter has left its subtask's number there. */
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
