package penstock;

import java.util.HashMap;
import java.util.Map;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;

/** What the programs share that ask another system for `connectors/runtime/asking.py`. */
public final class Asking {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Asking() {
    }

    /** Returns the answer to a request. */
    public interface Question {
        Map<String, Object> answer(JsonNode asked) throws Exception;
    }

    /** Reads a JSON object from standard input, and writes the answer. A {@link ConnectorFailure} is the answer {@code error}. */
    public static void answer(Question question) throws Exception {
        Map<String, Object> answer;
        try {
            answer = question.answer(JSON.readTree(System.in));
        } catch (ConnectorFailure e) {
            answer = Map.of("error", e.getMessage());
        }
        System.out.println(JSON.writeValueAsString(answer));
    }

    /** The texts of a JSON object. */
    public static Map<String, String> texts(JsonNode object) {
        Map<String, String> texts = new HashMap<>();
        object.properties().forEach(one -> texts.put(one.getKey(), one.getValue().asText()));
        return texts;
    }

    /** The text of a field; null if it is missing or null. */
    public static String text(JsonNode object, String name) {
        return object.hasNonNull(name) ? object.get(name).asText() : null;
    }
}
