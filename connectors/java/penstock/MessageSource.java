package penstock;

import java.util.List;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.api.java.typeutils.ResultTypeQueryable;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.table.data.RowData;

/**
 * Reads messages that a broker delivers until they are acknowledged.
 *
 * <p>Each reader has a connection of its own, and the broker shares the messages among them, so there is nothing to enumerate.
 */
final class MessageSource<M extends Message> implements Source<RowData, MessageSplit, Void>, ResultTypeQueryable<RowData> {
    private static final long serialVersionUID = 1L;

    private final MessageClient<M> client;
    private final DeserializationSchema<RowData> decoder;
    private final List<MessageColumn<M>> metadata;
    private final MessageReader.Options options;

    MessageSource(
            MessageClient<M> client,
            DeserializationSchema<RowData> decoder,
            List<MessageColumn<M>> metadata,
            MessageReader.Options options) {
        this.client = client;
        this.decoder = decoder;
        this.metadata = metadata;
        this.options = options;
    }

    @Override
    public TypeInformation<RowData> getProducedType() {
        return decoder.getProducedType();
    }

    @Override
    public Boundedness getBoundedness() {
        return Boundedness.CONTINUOUS_UNBOUNDED;
    }

    @Override
    public SourceReader<RowData, MessageSplit> createReader(SourceReaderContext context) {
        return new MessageReader<>(context, client, decoder, metadata, options);
    }

    @Override
    public SplitEnumerator<MessageSplit, Void> createEnumerator(SplitEnumeratorContext<MessageSplit> context) {
        return new NoSplits();
    }

    @Override
    public SplitEnumerator<MessageSplit, Void> restoreEnumerator(SplitEnumeratorContext<MessageSplit> context, Void checkpoint) {
        return new NoSplits();
    }

    @Override
    public SimpleVersionedSerializer<MessageSplit> getSplitSerializer() {
        return new MessageSplit.Serializer();
    }

    @Override
    public SimpleVersionedSerializer<Void> getEnumeratorCheckpointSerializer() {
        return new Nothing();
    }

    private static final class NoSplits implements SplitEnumerator<MessageSplit, Void> {
        @Override
        public void start() {
            // nothing to find
        }

        @Override
        public void handleSplitRequest(int subtask, String host) {
            // readers do not ask
        }

        @Override
        public void addSplitsBack(List<MessageSplit> splits, int subtask) {
            // the broker delivers unacknowledged messages again
        }

        @Override
        public void addReader(int subtask) {
            // it connects by itself
        }

        @Override
        public Void snapshotState(long checkpoint) {
            return null;
        }

        @Override
        public void close() {
            // nothing is open
        }
    }

    private static final class Nothing implements SimpleVersionedSerializer<Void> {
        @Override
        public int getVersion() {
            return 1;
        }

        @Override
        public byte[] serialize(Void nothing) {
            return new byte[0];
        }

        @Override
        public Void deserialize(int version, byte[] serialized) {
            return null;
        }
    }
}
