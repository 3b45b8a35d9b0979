package penstock;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.Collector;

/**
 * Reads messages, and acknowledges them when a checkpoint is complete that has their rows in the state or behind it.
 *
 * <p>With {@code acknowledgeRead} it acknowledges them when their rows are passed on, and the broker does not deliver them again after a
 * failure of the job.
 *
 * <p>A message that is delivered again is read again, unless it has an id: the ids of unacknowledged messages are part of the checkpoint.
 */
final class MessageReader<M extends Message> implements SourceReader<RowData, MessageSplit> {
    /** {@code firstMetadata} is the position of the first column of metadata. {@code retryFor} is in milliseconds. */
    record Options(int firstMetadata, boolean skipKnown, boolean acknowledgeRead, long retryFor) implements Serializable {
    }

    private static final int ACKNOWLEDGED_AT_ONCE = 100;

    private final DeserializationSchema<RowData> decoder;
    private final MessageLink<M> link;
    private final Rows rows;
    private final boolean skipKnown;
    private final boolean acknowledgeRead;
    private final MessageIds ids = new MessageIds();
    private final NavigableMap<Long, List<Message.Receipt>> checkpoints = new TreeMap<>();
    private List<Message.Receipt> read = new ArrayList<>();

    MessageReader(
            SourceReaderContext context,
            MessageClient<M> client,
            DeserializationSchema<RowData> decoder,
            List<MessageColumn<M>> metadata,
            Options options) {
        this.decoder = decoder;
        skipKnown = options.skipKnown;
        acknowledgeRead = options.acknowledgeRead;
        link = new MessageLink<>(client, options.retryFor);
        rows = new Rows(metadata, options.firstMetadata);
        context.metricGroup().gauge("penstock_waiting_ms", link::waiting);
    }

    @Override
    public void addSplits(List<MessageSplit> splits) {
        splits.forEach(one -> ids.restore(one.ids()));
    }

    @Override
    public void start() {
        try {
            decoder.open(new Opening());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        link.open();
    }

    @Override
    public InputStatus pollNext(ReaderOutput<RowData> output) throws Exception {
        M message = link.poll();
        if (message == null) {
            return InputStatus.NOTHING_AVAILABLE;
        }
        read.add(message.receipt);
        if (!skipKnown || ids.add(message.receipt.id()) || !message.redelivered) {
            rows.message = message;
            rows.output = output;
            decoder.deserialize(message.body, rows);
        }
        boolean last = link.isEmpty();
        if (acknowledgeRead && (last || read.size() >= ACKNOWLEDGED_AT_ONCE)) {
            link.acknowledge(read);
            read = new ArrayList<>();
        }
        return last ? InputStatus.NOTHING_AVAILABLE : InputStatus.MORE_AVAILABLE;
    }

    @Override
    public CompletableFuture<Void> isAvailable() {
        return link.available();
    }

    @Override
    public List<MessageSplit> snapshotState(long checkpoint) {
        noteOutcomes();
        checkpoints.put(checkpoint, read);
        read = new ArrayList<>();
        return skipKnown ? List.of(new MessageSplit(ids.all())) : List.of();
    }

    @Override
    public void notifyCheckpointComplete(long checkpoint) {
        List<Message.Receipt> complete = new ArrayList<>();
        NavigableMap<Long, List<Message.Receipt>> before = checkpoints.headMap(checkpoint, true);
        before.values().forEach(complete::addAll);
        before.clear();
        if (!complete.isEmpty()) {
            link.acknowledge(complete);
        }
        noteOutcomes();
    }

    private void noteOutcomes() {
        for (MessageLink.Outcome outcome = link.outcome(); outcome != null; outcome = link.outcome()) {
            if (skipKnown && outcome == MessageLink.LOST) {
                ids.lost(link.connected());
            } else if (skipKnown) {
                ids.note(outcome, link.connected());
            }
        }
    }

    @Override
    public void notifyNoMoreSplits() {
        // the messages do not end
    }

    @Override
    public void close() throws Exception {
        link.close();
    }

    /** Adds the metadata of the message to its rows, and passes them on. */
    private final class Rows implements Collector<RowData> {
        private final List<MessageColumn<M>> metadata;
        private final int first;
        private M message;
        private ReaderOutput<RowData> output;

        Rows(List<MessageColumn<M>> metadata, int first) {
            this.metadata = metadata;
            this.first = first;
        }

        @Override
        public void collect(RowData decoded) {
            GenericRowData row = (GenericRowData) decoded;
            for (int i = 0; i < metadata.size(); i++) {
                row.setField(first + i, metadata.get(i).read().apply(message));
            }
            output.collect(row);
        }

        @Override
        public void close() {
            // nothing to release
        }
    }
}
