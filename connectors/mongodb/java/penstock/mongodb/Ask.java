package penstock.mongodb;

import com.mongodb.MongoException;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoDatabase;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.bson.BsonDocument;
import org.bson.json.JsonMode;
import org.bson.json.JsonWriterSettings;
import penstock.Asking;

/**
 * Asks a server for `connectors/mongodb/sink.py`, with the options with which the job connects.
 *
 * <p>Reads a JSON object from standard input: {@code url}, {@code login}, {@code tls}, {@code ca}, {@code collection}, and {@code create}:
 * whether to create the collection. Writes a JSON object: {@code error}; or {@code exists}, and {@code unique}, the keys of unique indexes
 * beside that of the id, as JSON. With {@code read}, also {@code documents}, as JSON.
 */
public final class Ask {
    private static final JsonWriterSettings EXTENDED = JsonWriterSettings.builder().outputMode(JsonMode.EXTENDED).build();

    private Ask() {
    }

    public static void main(String[] arguments) throws Exception {
        Asking.answer(asked -> {
            MongoServer server = new MongoServer(
                    asked.get("url").asText(),
                    Asking.texts(asked.get("login")),
                    asked.get("tls").asBoolean(),
                    Asking.text(asked, "ca"));
            try (MongoClient client = server.open()) {
                return answer(client.getDatabase(server.database()), asked);
            } catch (MongoException e) {
                throw MongoError.of(e);
            }
        });
    }

    private static Map<String, Object> answer(MongoDatabase database, JsonNode asked) {
        String name = asked.get("collection").asText();
        boolean exists = database.listCollectionNames().into(new ArrayList<>()).contains(name);
        if (!exists && asked.get("create").asBoolean()) {
            database.createCollection(name);
            exists = true;
        }
        List<String> unique = new ArrayList<>();
        if (exists) {
            for (BsonDocument index : database.getCollection(name).listIndexes(BsonDocument.class)) {
                if (index.getBoolean("unique", org.bson.BsonBoolean.FALSE).getValue()) {
                    unique.add(index.getDocument("key").toJson());
                }
            }
        }
        Map<String, Object> answer = new HashMap<>(Map.of("exists", exists, "unique", unique));
        if (asked.path("read").asBoolean()) {
            List<String> documents = new ArrayList<>();
            database.getCollection(name, BsonDocument.class).find().forEach(one -> documents.add(one.toJson(EXTENDED)));
            answer.put("documents", documents);
        }
        return answer;
    }
}
