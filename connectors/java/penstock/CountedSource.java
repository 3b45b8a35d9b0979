package penstock;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.legacy.table.connector.source.SourceFunctionProvider;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamSource;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.ParallelismProvider;
import org.apache.flink.table.connector.ProviderContext;
import org.apache.flink.table.connector.source.DataStreamScanProvider;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.ScanTableSource;
import org.apache.flink.table.connector.source.SourceProvider;
import org.apache.flink.table.connector.source.abilities.SupportsReadingMetadata;
import org.apache.flink.table.connector.source.abilities.SupportsWatermarkPushDown;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;

/**
 * A table source with a {@link RowCounter} behind it, a {@link NeverIdle} if subtasks may be idle, and a {@link KeptWatermark} if it has
 * event time. {@link PromptCommits} replaces a source that commits its position.
 *
 * <p>There is a subclass for each combination of abilities, because Flink finds the abilities of a source by its interfaces.
 */
class CountedSource implements ScanTableSource {
    final ScanTableSource inner;
    final DataType type;
    final String as;
    final boolean mayIdle;
    final boolean commits;

    /** Whether the rows have watermarks, from the wrapped source or from {@link #strategy}. */
    boolean timed;

    /** The strategy of watermarks. Null if the wrapped source or Flink's own operator generates them, or if the rows have no watermarks. */
    WatermarkStrategy<RowData> strategy;

    CountedSource(ScanTableSource inner, DataType type, String as, boolean mayIdle, boolean commits) {
        this.inner = inner;
        this.type = type;
        this.as = as;
        this.mayIdle = mayIdle;
        this.commits = commits;
    }

    CountedSource(CountedSource other) {
        this((ScanTableSource) other.inner.copy(), other.type, other.as, other.mayIdle, other.commits);
        strategy = other.strategy;
        timed = other.timed;
    }

    @Override
    public ChangelogMode getChangelogMode() {
        return inner.getChangelogMode();
    }

    @Override
    public ScanRuntimeProvider getScanRuntimeProvider(ScanContext context) {
        return new Counted(inner.getScanRuntimeProvider(context), this, context.createTypeInformation(type));
    }

    @Override
    public DynamicTableSource copy() {
        return new CountedSource(this);
    }

    @Override
    public String asSummaryString() {
        return inner.asSummaryString();
    }

    /** Generates watermarks before the operators for idle subtasks and restarts, which must come after them. */
    static class Timed extends CountedSource implements SupportsWatermarkPushDown {
        Timed(CountedSource other) {
            super(other);
        }

        @Override
        public void applyWatermark(WatermarkStrategy<RowData> applied) {
            timed = true;
            if (inner instanceof SupportsWatermarkPushDown) {
                ((SupportsWatermarkPushDown) inner).applyWatermark(applied);
            } else {
                strategy = applied;
            }
        }

        @Override
        public DynamicTableSource copy() {
            return new Timed(this);
        }
    }

    /** Delegates metadata to the wrapped source. */
    interface Describing extends SupportsReadingMetadata {
        SupportsReadingMetadata described();

        @Override
        default Map<String, DataType> listReadableMetadata() {
            return described().listReadableMetadata();
        }

        @Override
        default void applyReadableMetadata(List<String> keys, DataType type) {
            described().applyReadableMetadata(keys, type);
        }

        @Override
        default boolean supportsMetadataProjection() {
            return described().supportsMetadataProjection();
        }
    }

    /** A source with metadata, such as files. */
    static final class Described extends CountedSource implements Describing {
        Described(CountedSource other) {
            super(other);
        }

        @Override
        public SupportsReadingMetadata described() {
            return (SupportsReadingMetadata) inner;
        }

        @Override
        public DynamicTableSource copy() {
            return new Described(this);
        }
    }

    /** A source with watermarks and metadata, such as Kafka. */
    static final class Full extends Timed implements Describing {
        Full(CountedSource other) {
            super(other);
        }

        @Override
        public SupportsReadingMetadata described() {
            return (SupportsReadingMetadata) inner;
        }

        @Override
        public DynamicTableSource copy() {
            return new Full(this);
        }
    }

    private static final class Counted implements DataStreamScanProvider {
        private final ScanRuntimeProvider provider;
        private final CountedSource source;
        private final TypeInformation<RowData> type;

        Counted(ScanRuntimeProvider provider, CountedSource source, TypeInformation<RowData> type) {
            this.provider = provider;
            this.source = source;
            this.type = type;
        }

        @Override
        public DataStream<RowData> produceDataStream(ProviderContext context, StreamExecutionEnvironment env) {
            DataStream<RowData> rows = rows(context, env);
            if (source.strategy != null) {
                SingleOutputStreamOperator<RowData> timed = rows.assignTimestampsAndWatermarks(source.strategy);
                context.generateUid("watermark").ifPresent(timed::uid);
                rows = timed.setParallelism(rows.getParallelism());
            }
            DataStream<RowData> counted = RowCounter.count(rows, context, source.as);
            DataStream<RowData> met = source.mayIdle ? NeverIdle.after(counted, context) : counted;
            return source.timed ? KeptWatermark.after(met, context) : met;
        }

        @SuppressWarnings("deprecation") // of connectors that still have a SourceFunction
        private DataStream<RowData> rows(ProviderContext context, StreamExecutionEnvironment env) {
            if (provider instanceof DataStreamScanProvider) {
                DataStream<RowData> made = ((DataStreamScanProvider) provider).produceDataStream(context, env);
                return source.commits ? PromptCommits.of(made, env) : made;
            }
            String name = source.inner.asSummaryString();
            DataStreamSource<RowData> rows =
                    provider instanceof SourceProvider
                            ? env.fromSource(
                                    ((SourceProvider) provider).createSource(), WatermarkStrategy.noWatermarks(), name)
                            : env.addSource(((SourceFunctionProvider) provider).createSourceFunction(), name, type);
            context.generateUid("source").ifPresent(rows::uid);
            getParallelism().ifPresent(rows::setParallelism);
            return rows;
        }

        @Override
        public boolean isBounded() {
            return provider.isBounded();
        }

        @Override
        public Optional<Integer> getParallelism() {
            return provider instanceof ParallelismProvider
                    ? ((ParallelismProvider) provider).getParallelism()
                    : Optional.empty();
        }
    }
}
