package penstock.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.table.data.RowData;
import org.apache.flink.types.RowKind;
import penstock.Batch;
import penstock.ConnectorFailure;
import penstock.ConnectorFailure.Kind;
import penstock.RowKey;
import penstock.RowWriter;

/** Writes the rows of a batch in one bulk request, whose answer says what became of each. */
final class BulkWriter implements RowWriter {
    private static final long serialVersionUID = 1L;
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int NOT_FOUND = 404;

    /** An index that may not be written for now, such as one whose disk is full. */
    private static final Set<String> BLOCKED = Set.of("cluster_block_exception", "unavailable_shards_exception");

    private final HttpRequests requests;
    private final SerializationSchema<RowData> encoder;
    private final RowKey key;
    private transient HttpRequests.Client client;

    BulkWriter(HttpRequests requests, SerializationSchema<RowData> encoder, RowKey key) {
        this.requests = requests;
        this.encoder = encoder;
        this.key = key;
    }

    @Override
    public void write(Batch batch) throws ConnectorFailure, InterruptedException {
        if (client == null) {
            client = requests.open(encoder, key.encoder());
        }
        try {
            List<Integer> sent = new ArrayList<>();
            byte[] body = actions(batch, sent);
            if (!sent.isEmpty()) {
                String answer = checked(requests.answer(client.send(body, "application/x-ndjson", null, true)));
                settle(batch, sent, JSON.readTree(answer).path("items"));
            }
        } catch (IOException e) {
            throw new ConnectorFailure(Kind.FATAL, "the answer of the server is not JSON: " + e.getMessage(), e);
        }
    }

    private static String checked(HttpResponse<String> answer) throws ConnectorFailure {
        HttpStatus.check(answer, false);
        return answer.body();
    }

    /**
     * Returns the body of the request, and adds the indexes of its rows to {@code sent}. Of several rows with one key only the last is
     * sent: if the first one had to be sent again later, it would replace the last one.
     */
    private byte[] actions(Batch batch, List<Integer> sent) throws IOException {
        Map<String, Integer> last = new HashMap<>();
        String[] ids = new String[batch.size()];
        for (int i = 0; i < batch.size(); i++) {
            if (batch.open(i) && key.columns().length > 0) {
                ids[i] = key.text(batch.row(i));
                if (ids[i] == null) {
                    batch.rejected(i, RowKey.NULL);
                } else {
                    Integer before = last.put(ids[i], i);
                    if (before != null) {
                        batch.written(before);
                    }
                }
            }
        }
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (int i = 0; i < batch.size(); i++) {
            if (!batch.open(i)) {
                continue;
            }
            sent.add(i);
            boolean delete = batch.row(i).getRowKind() == RowKind.DELETE;
            Map<String, String> target = ids[i] == null ? Map.of() : Map.of("_id", ids[i]);
            body.writeBytes(JSON.writeValueAsBytes(Map.of(delete ? "delete" : "index", target)));
            body.write('\n');
            if (!delete) {
                body.writeBytes(encoder.serialize(batch.row(i)));
                body.write('\n');
            }
        }
        return body.toByteArray();
    }

    /** Notes what became of each row, and throws if one must be sent again. */
    private static void settle(Batch batch, List<Integer> sent, JsonNode items) throws ConnectorFailure {
        if (items.size() != sent.size()) {
            throw new ConnectorFailure(Kind.FATAL, "the server answered " + items.size() + " of " + sent.size() + " rows", null);
        }
        String again = null;
        for (int i = 0; i < sent.size(); i++) {
            Map.Entry<String, JsonNode> item = items.get(i).properties().iterator().next();
            int status = item.getValue().path("status").asInt();
            JsonNode error = item.getValue().path("error");
            String type = error.path("type").asText();
            if (HttpStatus.accepted(status) || (item.getKey().equals("delete") && status == NOT_FOUND && error.isMissingNode())) {
                batch.written(sent.get(i));
            } else if (BLOCKED.contains(type) || HttpStatus.kind(status) == Kind.UNAVAILABLE) {
                again = text(status, error);
            } else if (HttpStatus.kind(status) == Kind.REJECTED) {
                batch.rejected(sent.get(i), text(status, error));
            } else {
                throw new ConnectorFailure(Kind.FATAL, text(status, error), null);
            }
        }
        if (again != null) {
            throw new ConnectorFailure(Kind.UNAVAILABLE, again, null);
        }
    }

    private static String text(int status, JsonNode error) {
        String cause = error.path("caused_by").path("reason").asText();
        String text = error.path("type").asText() + ": " + error.path("reason").asText();
        return "HTTP " + status + ": " + HttpStatus.shortened(text + (cause.isEmpty() ? "" : ": " + cause));
    }

    @Override
    public void close() {
        client = null;
    }
}
