package penstock.mqtt;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import penstock.ConnectorFailure;

/**
 * Asks a broker for `connectors/mqtt/source.py`, with the options with which the job connects.
 *
 * <p>Reads a JSON object from standard input: {@code url}, {@code login}, {@code ca} (may be missing), {@code client_id} and
 * {@code topics}. Writes a JSON object: empty, or with {@code error}, or with {@code topic}, the error of a subscription. It has a session
 * of its own, because a client with the id of the job would end the connection of a running job.
 */
public final class Ask {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Ask() {
    }

    public static void main(String[] arguments) throws Exception {
        JsonNode asked = JSON.readTree(System.in);
        Map<String, String> login = new HashMap<>();
        asked.get("login").properties().forEach(one -> login.put(one.getKey(), one.getValue().asText()));
        List<String> topics = new ArrayList<>();
        asked.get("topics").forEach(one -> topics.add(one.asText()));
        String ca = asked.hasNonNull("ca") ? asked.get("ca").asText() : null;
        MqttBroker broker = new MqttBroker(asked.get("url").asText(), login, ca);
        String id = asked.get("client_id").asText() + "-check-" + UUID.randomUUID().toString().substring(0, 8);
        Map<String, Object> answer = new HashMap<>();
        try (Link link = broker.open(id, true, new Receiver(0, topics, Receiver.NOWHERE))) {
            try {
                link.subscribe(topics);
            } catch (ConnectorFailure e) {
                answer.put("topic", e.getMessage());
            }
        } catch (ConnectorFailure e) {
            answer.put("error", e.getMessage());
        }
        System.out.println(JSON.writeValueAsString(answer));
        System.exit(0); // the client may leave threads
    }
}
