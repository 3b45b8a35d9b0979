package penstock.mqtt;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import penstock.Asking;
import penstock.ConnectorFailure;

/**
 * Asks a broker for `connectors/mqtt/source.py`, with the options with which the job connects.
 *
 * <p>Reads a JSON object from standard input: {@code url}, {@code login}, {@code ca} (may be missing), {@code client_id} and
 * {@code topics}. Writes a JSON object: empty, or with {@code error}, or with {@code topic}, the error of a subscription. It has a session
 * of its own, because a client with the id of the job would end the connection of a running job.
 */
public final class Ask {
    private Ask() {
    }

    public static void main(String[] arguments) throws Exception {
        Asking.answer(Ask::answer);
        System.exit(0); // the client may leave threads
    }

    private static Map<String, Object> answer(JsonNode asked) throws ConnectorFailure, InterruptedException {
        List<String> topics = new ArrayList<>();
        asked.get("topics").forEach(one -> topics.add(one.asText()));
        MqttBroker broker =
                new MqttBroker(asked.get("url").asText(), Asking.texts(asked.get("login")), Asking.text(asked, "ca"));
        String id = asked.get("client_id").asText() + "-check-" + UUID.randomUUID().toString().substring(0, 8);
        try (Link link = broker.open(id, true, new Receiver(0, topics, Receiver.NOWHERE))) {
            try {
                link.subscribe(topics);
                return Map.of();
            } catch (ConnectorFailure e) {
                return Map.of("topic", e.getMessage());
            }
        }
    }
}
