package penstock;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamSink;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.ParallelismProvider;
import org.apache.flink.table.connector.ProviderContext;
import org.apache.flink.table.connector.sink.DataStreamSinkProvider;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.sink.SinkV2Provider;
import org.apache.flink.table.connector.sink.abilities.SupportsPartitioning;
import org.apache.flink.table.connector.sink.abilities.SupportsWritingMetadata;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;

/** A table sink with a {@link RowCounter} before it. */
class CountedSink implements DynamicTableSink, SupportsPartitioning {
    final DynamicTableSink inner;
    final String as;
    final int reason;
    final int sum;

    CountedSink(DynamicTableSink inner, String as, int reason, int sum) {
        this.inner = inner;
        this.as = as;
        this.reason = reason;
        this.sum = sum;
    }

    @Override
    public ChangelogMode getChangelogMode(ChangelogMode requested) {
        return inner.getChangelogMode(requested);
    }

    @Override
    public SinkRuntimeProvider getSinkRuntimeProvider(Context context) {
        return new Counted(inner.getSinkRuntimeProvider(context), as, reason, sum);
    }

    @Override
    public void applyStaticPartition(Map<String, String> partition) {
        partitioned().applyStaticPartition(partition);
    }

    @Override
    public boolean requiresPartitionGrouping(boolean supported) {
        return partitioned().requiresPartitionGrouping(supported);
    }

    /** The sink of a table that is partitioned. Flink does not ask for it otherwise. */
    private SupportsPartitioning partitioned() {
        return (SupportsPartitioning) inner;
    }

    @Override
    public DynamicTableSink copy() {
        return new CountedSink(inner.copy(), as, reason, sum);
    }

    @Override
    public String asSummaryString() {
        return inner.asSummaryString();
    }

    /** A sink with columns that are not part of the row, such as the headers of a Kafka record. They come after the columns of the row. */
    static final class Described extends CountedSink implements SupportsWritingMetadata {
        Described(DynamicTableSink inner, String as, int reason, int sum) {
            super(inner, as, reason, sum);
        }

        private SupportsWritingMetadata described() {
            return (SupportsWritingMetadata) inner;
        }

        @Override
        public Map<String, DataType> listWritableMetadata() {
            return described().listWritableMetadata();
        }

        @Override
        public void applyWritableMetadata(List<String> keys, DataType consumed) {
            described().applyWritableMetadata(keys, consumed);
        }

        @Override
        public DynamicTableSink copy() {
            return new Described(inner.copy(), as, reason, sum);
        }
    }

    private static final class Counted implements DataStreamSinkProvider {
        private final SinkRuntimeProvider inner;
        private final String as;
        private final int reason;
        private final int sum;

        Counted(SinkRuntimeProvider inner, String as, int reason, int sum) {
            this.inner = inner;
            this.as = as;
            this.reason = reason;
            this.sum = sum;
        }

        @Override
        public DataStreamSink<?> consumeDataStream(ProviderContext context, DataStream<RowData> rows) {
            DataStream<RowData> counted = RowCounter.count(rows, context, as, reason, sum);
            if (inner instanceof DataStreamSinkProvider) {
                return ((DataStreamSinkProvider) inner).consumeDataStream(context, counted);
            }
            DataStreamSink<RowData> sink = counted.sinkTo(((SinkV2Provider) inner).createSink());
            context.generateUid("sink").ifPresent(sink::uid);
            // Without a declared one, it is that of the rows, as in Flink. Otherwise updates of one key could overtake each other.
            sink.setParallelism(getParallelism().orElse(counted.getParallelism()));
            return sink.name(as);
        }

        @Override
        public Optional<Integer> getParallelism() {
            return inner instanceof ParallelismProvider
                    ? ((ParallelismProvider) inner).getParallelism()
                    : Optional.empty();
        }
    }
}
