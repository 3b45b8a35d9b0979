package penstock.http;

import java.io.ByteArrayOutputStream;
import java.net.http.HttpResponse;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.table.data.RowData;
import penstock.Batch;
import penstock.ConnectorFailure;
import penstock.RowKey;
import penstock.RowWriter;

/** Sends each row in a request of its own, several at the same time, or all rows of a batch in one request. */
final class HttpWriter implements RowWriter {
    private static final long serialVersionUID = 1L;

    /** What a request contains. */
    enum Body {
        /** One row, as a JSON object. */
        ROW("application/json"),
        /** A JSON object on each line. */
        LINES("application/x-ndjson"),
        /** A JSON array of objects. */
        ARRAY("application/json");

        private final String type;

        Body(String type) {
            this.type = type;
        }
    }

    private record Sent(int row, CompletableFuture<HttpResponse<String>> response) {
    }

    private final HttpRequests requests;
    private final Body body;
    private final int concurrency;
    private final SerializationSchema<RowData> encoder;
    private final RowKey key;
    private transient HttpRequests.Client client;

    /** {@code key} is null if requests have no key. */
    HttpWriter(HttpRequests requests, Body body, int concurrency, SerializationSchema<RowData> encoder, RowKey key) {
        this.requests = requests;
        this.body = body;
        this.concurrency = concurrency;
        this.encoder = encoder;
        this.key = key;
    }

    @Override
    public void write(Batch batch) throws ConnectorFailure, InterruptedException {
        if (client == null) {
            client = key == null ? requests.open(encoder) : requests.open(encoder, key.encoder());
        }
        if (body == Body.ROW) {
            writeEach(batch);
        } else {
            HttpStatus.check(requests.answer(client.send(joined(batch), body.type, null, false)), false);
        }
    }

    /** Sends the open rows in their order, and the next ones only if the ones before were accepted or rejected. */
    private void writeEach(Batch batch) throws ConnectorFailure, InterruptedException {
        Deque<Sent> sent = new ArrayDeque<>();
        try {
            writeEach(batch, sent);
        } finally {
            sent.forEach(one -> one.response.cancel(true));
        }
    }

    private void writeEach(Batch batch, Deque<Sent> sent) throws ConnectorFailure, InterruptedException {
        ConnectorFailure failure = null;
        for (int i = 0; i < batch.size() && failure == null; i++) {
            if (!batch.open(i)) {
                continue;
            }
            if (sent.size() == concurrency) {
                failure = settle(batch, sent.poll(), null);
            }
            if (failure == null) {
                RowData row = batch.row(i);
                String id = key == null ? null : key.hash(row);
                if (key != null && id == null) {
                    batch.rejected(i, RowKey.NULL);
                } else {
                    sent.add(new Sent(i, client.send(encoder.serialize(row), body.type, id, false)));
                }
            }
        }
        while (!sent.isEmpty()) {
            failure = settle(batch, sent.poll(), failure);
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** Notes what became of a row. Returns the failure after which no more rows are sent, if there is one; a fatal one comes first. */
    private ConnectorFailure settle(Batch batch, Sent one, ConnectorFailure before) throws InterruptedException {
        try {
            HttpStatus.check(requests.answer(one.response), key != null);
            batch.written(one.row);
            return before;
        } catch (ConnectorFailure failure) {
            if (failure.kind() == ConnectorFailure.Kind.REJECTED) {
                batch.rejected(one.row, failure.getMessage());
                return before;
            }
            return before == null || failure.kind() == ConnectorFailure.Kind.FATAL ? failure : before;
        }
    }

    private byte[] joined(Batch batch) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        boolean array = body == Body.ARRAY;
        for (int i = 0; i < batch.size(); i++) {
            if (array) {
                all.write(i == 0 ? '[' : ',');
            }
            all.writeBytes(encoder.serialize(batch.row(i)));
            if (!array) {
                all.write('\n');
            }
        }
        if (array) {
            all.write(']');
        }
        return all.toByteArray();
    }

    /** The threads of the client end by themselves when nothing refers to it. */
    @Override
    public void close() {
        client = null;
    }
}
