package penstock.mongodb;

import com.mongodb.MongoBulkWriteException;
import com.mongodb.MongoException;
import com.mongodb.bulk.BulkWriteError;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.model.BulkWriteOptions;
import com.mongodb.client.model.DeleteOneModel;
import com.mongodb.client.model.InsertOneModel;
import com.mongodb.client.model.ReplaceOneModel;
import com.mongodb.client.model.ReplaceOptions;
import com.mongodb.client.model.WriteModel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.table.data.RowData;
import org.apache.flink.types.RowKind;
import org.bson.BsonDocument;
import org.bson.BsonMaximumSizeExceededException;
import org.bson.BsonValue;
import penstock.Batch;
import penstock.ConnectorFailure;
import penstock.RowKey;
import penstock.RowWriter;

/** Writes the rows of a batch with one bulk write. With a key, the last row of each key replaces or deletes the document with its id. */
final class MongoWriter implements RowWriter {
    private static final long serialVersionUID = 1L;
    private static final BulkWriteOptions ANY_ORDER = new BulkWriteOptions().ordered(false);
    private static final ReplaceOptions UPSERT = new ReplaceOptions().upsert(true);

    private final MongoServer server;
    private final String collection;
    private final MongoDocuments documents;
    private final boolean keyed;
    private transient MongoClient client;
    private transient MongoCollection<BsonDocument> opened;

    MongoWriter(MongoServer server, String collection, MongoDocuments documents, boolean keyed) {
        this.server = server;
        this.collection = collection;
        this.documents = documents;
        this.keyed = keyed;
    }

    @Override
    public void write(Batch batch) throws ConnectorFailure {
        if (client == null) {
            client = server.open();
            opened = client.getDatabase(server.database()).getCollection(collection, BsonDocument.class);
        }
        List<Integer> rows = keyed ? last(batch) : open(batch);
        List<WriteModel<BsonDocument>> models = new ArrayList<>(rows.size());
        List<Integer> sent = new ArrayList<>(rows.size());
        for (int row : rows) {
            try {
                models.add(model(batch.row(row)));
                sent.add(row);
            } catch (NumberFormatException e) { // of a decimal
                batch.rejected(row, e.getMessage());
            }
        }
        if (!models.isEmpty()) {
            write(batch, models, sent);
        }
    }

    private void write(Batch batch, List<WriteModel<BsonDocument>> models, List<Integer> rows) throws ConnectorFailure {
        try {
            opened.bulkWrite(models, ANY_ORDER);
        } catch (MongoBulkWriteException e) {
            if (e.getWriteConcernError() != null) {
                throw new ConnectorFailure(ConnectorFailure.Kind.UNAVAILABLE, e.getWriteConcernError().getMessage(), e);
            }
            note(batch, rows, e.getWriteErrors());
        } catch (MongoException e) {
            throw MongoError.of(e);
        } catch (BsonMaximumSizeExceededException e) {
            throw new ConnectorFailure(ConnectorFailure.Kind.REJECTED, e.getMessage(), e);
        }
    }

    /** Every row but those with an error was written. */
    private static void note(Batch batch, List<Integer> rows, List<BulkWriteError> errors) {
        Map<Integer, String> messages = new HashMap<>();
        errors.forEach(one -> messages.put(one.getIndex(), one.getMessage()));
        for (int i = 0; i < rows.size(); i++) {
            if (messages.containsKey(i)) {
                batch.rejected(rows.get(i), messages.get(i));
            } else {
                batch.written(rows.get(i));
            }
        }
    }

    private static List<Integer> open(Batch batch) {
        List<Integer> rows = new ArrayList<>();
        for (int i = 0; i < batch.size(); i++) {
            if (batch.open(i)) {
                rows.add(i);
            }
        }
        return rows;
    }

    /** The last row of each key in the batch: the server may write the rows of a batch in any order. */
    private List<Integer> last(Batch batch) {
        Set<BsonValue> ids = new HashSet<>();
        List<Integer> rows = new ArrayList<>();
        List<Integer> open = open(batch);
        for (int i = open.size() - 1; i >= 0; i--) {
            int row = open.get(i);
            BsonValue id = documents.id(batch.row(row));
            if (id == null) {
                batch.rejected(row, RowKey.NULL);
            } else if (ids.add(id)) {
                rows.add(row);
            }
        }
        return rows;
    }

    private WriteModel<BsonDocument> model(RowData row) {
        if (!keyed) {
            return new InsertOneModel<>(documents.of(row));
        }
        if (row.getRowKind() == RowKind.DELETE) {
            return new DeleteOneModel<>(new BsonDocument("_id", documents.id(row)));
        }
        BsonDocument document = documents.of(row);
        return new ReplaceOneModel<>(new BsonDocument("_id", document.get("_id")), document, UPSERT);
    }

    @Override
    public void close() {
        if (client != null) {
            client.close();
            client = null;
        }
    }
}
