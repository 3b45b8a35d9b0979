package penstock;

import java.util.Map;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.streaming.api.datastream.DataStreamSink;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.Projection;
import org.apache.flink.table.connector.format.EncodingFormat;
import org.apache.flink.table.connector.sink.DataStreamSinkProvider;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.RowType;

/** A table sink with a {@link BatchOperator}, behind which is the sink for its dead letters. */
final class BatchSink implements DynamicTableSink {
    /** The type of the rows, the indexes of the columns to write, and whether a row can replace an earlier one. */
    record Rows(DataType type, int[] columns, boolean keyed) {
    }

    private final RowWriter writer;
    private final Rows rows;
    private final String as;
    private final BatchOperator.Batches batches;
    private final EncodingFormat<SerializationSchema<RowData>> json;
    private final Map<String, String> texts;
    private final DynamicTableSink deadLetters;

    BatchSink(
            RowWriter writer,
            Rows rows,
            String as,
            BatchOperator.Batches batches,
            EncodingFormat<SerializationSchema<RowData>> json,
            Map<String, String> texts,
            DynamicTableSink deadLetters) {
        this.writer = writer;
        this.rows = rows;
        this.as = as;
        this.batches = batches;
        this.json = json;
        this.texts = texts;
        this.deadLetters = deadLetters;
    }

    @Override
    public ChangelogMode getChangelogMode(ChangelogMode requested) {
        return rows.keyed() ? ChangelogMode.upsert() : ChangelogMode.insertOnly();
    }

    @Override
    public SinkRuntimeProvider getSinkRuntimeProvider(Context context) {
        DataType written = Projection.of(rows.columns()).project(rows.type());
        DeadLetters made =
                deadLetters == null
                        ? null
                        : new DeadLetters(
                                (RowType) rows.type().getLogicalType(),
                                rows.columns(),
                                json.createRuntimeEncoder(context, written),
                                texts);
        DataStreamSinkProvider letters =
                deadLetters == null ? null : (DataStreamSinkProvider) deadLetters.getSinkRuntimeProvider(context);
        return (DataStreamSinkProvider) (provider, input) -> {
            BatchOperator operator =
                    new BatchOperator(new RowCounter(as, -1, -1), writer, rows.columns(), batches, made);
            SingleOutputStreamOperator<RowData> rejected =
                    input.transform(as, InternalTypeInfo.of(DeadLetters.TYPE.getLogicalType()), operator);
            provider.generateUid("write").ifPresent(rejected::uid);
            rejected.setParallelism(input.getParallelism());
            if (letters != null) {
                return letters.consumeDataStream(provider, rejected);
            }
            DataStreamSink<RowData> end = rejected.sinkTo(new DiscardingSink<>());
            provider.generateUid("sink").ifPresent(end::uid);
            return end.setParallelism(input.getParallelism()).name(as);
        };
    }

    @Override
    public DynamicTableSink copy() {
        return new BatchSink(writer, rows, as, batches, json, texts, deadLetters);
    }

    @Override
    public String asSummaryString() {
        return as;
    }
}
