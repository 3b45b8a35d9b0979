package penstock;

import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SourceSplit;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.connector.base.source.reader.SourceReaderBase;
import org.apache.flink.connector.base.source.reader.fetcher.SplitFetcher;
import org.apache.flink.connector.base.source.reader.fetcher.SplitFetcherManager;
import org.apache.flink.connector.base.source.reader.fetcher.SplitFetcherTask;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamSource;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.transformations.SourceTransformation;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Commits the offsets of a Kafka source to its group as soon as a checkpoint is complete.
 *
 * <p>Flink queues the commit behind a poll that waits up to 10 seconds for records, and drops the queue when the job stops. Without this
 * class, the group of a short run has no offsets, and the next run with {@code start: group} reads the same records again.
 */
final class PromptCommits<T, SplitT extends SourceSplit, StateT> implements Source<T, SplitT, StateT> {
    private static final long serialVersionUID = 1L;
    private static final Logger LOG = LoggerFactory.getLogger(PromptCommits.class);
    private static final long LONGEST_WAIT = 1_000;
    private static final long STEP = 10;

    private final Source<T, SplitT, StateT> inner;

    private PromptCommits(Source<T, SplitT, StateT> inner) {
        this.inner = inner;
    }

    /** The same stream with the same uid. Streams of anything but a source are returned unchanged. */
    static <T> DataStream<T> of(DataStream<T> rows, StreamExecutionEnvironment env) {
        return rows.getTransformation() instanceof SourceTransformation<?, ?, ?>
                ? replaced(rows, (SourceTransformation<T, ?, ?>) rows.getTransformation(), env)
                : rows;
    }

    private static <T, SplitT extends SourceSplit, StateT> DataStream<T> replaced(
            DataStream<T> rows, SourceTransformation<T, SplitT, StateT> old, StreamExecutionEnvironment env) {
        DataStreamSource<T> made = env.fromSource(
                new PromptCommits<>(old.getSource()), old.getWatermarkStrategy(), old.getName(), rows.getType());
        if (old.getUid() != null) {
            made.uid(old.getUid());
        }
        if (old.isParallelismConfigured()) {
            made.setParallelism(old.getParallelism());
        }
        return made;
    }

    @Override
    public SourceReader<T, SplitT> createReader(SourceReaderContext context) throws Exception {
        return new Reader<>(inner.createReader(context));
    }

    @Override
    public Boundedness getBoundedness() {
        return inner.getBoundedness();
    }

    @Override
    public SplitEnumerator<SplitT, StateT> createEnumerator(SplitEnumeratorContext<SplitT> context) throws Exception {
        return inner.createEnumerator(context);
    }

    @Override
    public SplitEnumerator<SplitT, StateT> restoreEnumerator(SplitEnumeratorContext<SplitT> context, StateT state)
            throws Exception {
        return inner.restoreEnumerator(context, state);
    }

    @Override
    public SimpleVersionedSerializer<SplitT> getSplitSerializer() {
        return inner.getSplitSerializer();
    }

    @Override
    public SimpleVersionedSerializer<StateT> getEnumeratorCheckpointSerializer() {
        return inner.getEnumeratorCheckpointSerializer();
    }

    /** What Flink does not publish. With a version of Flink or of the connector that has no such member, commits are late as before. */
    private static final class Internals {
        private final SourceReader<?, ?> reader;
        private final Map<?, ?> fetchers;
        private final Method wake;
        private final Method offsets;

        private Internals(SourceReader<?, ?> reader, Map<?, ?> fetchers, Method wake, Method offsets) {
            this.reader = reader;
            this.fetchers = fetchers;
            this.wake = wake;
            this.offsets = offsets;
        }

        static Internals of(SourceReader<?, ?> reader) {
            try {
                Field manager = SourceReaderBase.class.getDeclaredField("splitFetcherManager");
                Field fetchers = SplitFetcherManager.class.getDeclaredField("fetchers");
                Method wake = SplitFetcher.class.getDeclaredMethod("wakeUp", boolean.class);
                Method offsets = reader.getClass().getDeclaredMethod("getOffsetsToCommit");
                AccessibleObject.setAccessible(new AccessibleObject[] {manager, fetchers, wake, offsets}, true);
                return new Internals(reader, (Map<?, ?>) fetchers.get(manager.get(reader)), wake, offsets);
            } catch (ReflectiveOperationException e) {
                LOG.warn("the offsets of this source are committed late", e);
                return new Internals(reader, Map.of(), null, null);
            }
        }

        /** Ends the poll, so that the fetchers execute their tasks, and runs {@code then} behind the tasks that they have now. */
        void endPoll(Runnable then) throws ReflectiveOperationException {
            for (Object fetcher : fetchers.values()) {
                ((SplitFetcher<?, ?>) fetcher).enqueueTask(new Last(then));
                wake.invoke(fetcher, true);
            }
        }

        @SuppressWarnings("unchecked")
        private SortedMap<Long, ?> waiting() throws ReflectiveOperationException {
            return (SortedMap<Long, ?>) offsets.invoke(reader);
        }

        boolean isCommitting(long completed) throws ReflectiveOperationException {
            return offsets != null && !waiting().headMap(completed + 1).isEmpty();
        }
    }

    /** A task that shows that a fetcher has executed those before it. */
    private static final class Last implements SplitFetcherTask {
        private final Runnable then;

        Last(Runnable then) {
            this.then = then;
        }

        @Override
        public boolean run() {
            then.run();
            return true;
        }

        @Override
        public void wakeUp() {
            // it does not wait
        }
    }

    private static final class Reader<T, SplitT extends SourceSplit> implements SourceReader<T, SplitT> {
        private final SourceReader<T, SplitT> inner;
        private final Internals internals;
        private long completed = -1;
        private boolean ended;
        private volatile long sent = -1;

        Reader(SourceReader<T, SplitT> inner) {
            this.inner = inner;
            internals = Internals.of(inner);
        }

        @Override
        public void notifyCheckpointComplete(long checkpoint) throws Exception {
            inner.notifyCheckpointComplete(checkpoint);
            completed = checkpoint;
            internals.endPoll(() -> sent = checkpoint);
        }

        /**
         * Waits for the commit of the last checkpoint: of the savepoint with which a job stops. After the end of the input nothing polls,
         * so the consumer completes the commit when it is closed: it must only have been sent.
         */
        @Override
        public void close() throws Exception {
            try {
                for (long left = LONGEST_WAIT; left > 0 && isWaiting(); left -= STEP) {
                    Thread.sleep(STEP);
                }
            } finally {
                inner.close();
            }
        }

        private boolean isWaiting() throws ReflectiveOperationException {
            return internals.isCommitting(completed) && !(ended && sent >= completed);
        }

        @Override
        public void start() {
            inner.start();
        }

        @Override
        public InputStatus pollNext(ReaderOutput<T> output) throws Exception {
            InputStatus status = inner.pollNext(output);
            ended |= status == InputStatus.END_OF_INPUT;
            return status;
        }

        @Override
        public List<SplitT> snapshotState(long checkpoint) {
            return inner.snapshotState(checkpoint);
        }

        @Override
        public CompletableFuture<Void> isAvailable() {
            return inner.isAvailable();
        }

        @Override
        public void addSplits(List<SplitT> added) {
            inner.addSplits(added);
        }

        @Override
        public void notifyNoMoreSplits() {
            inner.notifyNoMoreSplits();
        }

        @Override
        public void handleSourceEvents(SourceEvent event) {
            inner.handleSourceEvents(event);
        }

        @Override
        public void notifyCheckpointAborted(long checkpoint) throws Exception {
            inner.notifyCheckpointAborted(checkpoint);
        }

        @Override
        public void pauseOrResumeSplits(Collection<String> paused, Collection<String> resumed) {
            inner.pauseOrResumeSplits(paused, resumed);
        }
    }
}
