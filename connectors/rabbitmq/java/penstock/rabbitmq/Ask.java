package penstock.rabbitmq;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ShutdownSignalException;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import penstock.Asking;
import penstock.ConnectorFailure;

/**
 * Asks a broker for `connectors/rabbitmq/broker.py`, with the options with which the job connects.
 *
 * <p>Reads a JSON object from standard input: {@code hosts}, {@code vhost}, {@code login}, {@code tls}, {@code ca}, {@code queue} and
 * {@code exchange} (each may be missing), and {@code create}: whether to create the queue. Writes a JSON object: {@code error}; or
 * {@code queue} with {@code messages} and {@code consumers} or {@code error}, and {@code exchange} with {@code error} if there is one.
 */
public final class Ask {
    private Ask() {
    }

    public static void main(String[] arguments) throws Exception {
        Asking.answer(Ask::answer);
    }

    private static Map<String, Object> answer(JsonNode asked) throws ConnectorFailure, IOException {
        RabbitBroker broker = new RabbitBroker(
                asked.get("hosts").asText(),
                asked.get("vhost").asText(),
                Asking.texts(asked.get("login")),
                asked.get("tls").asBoolean(),
                Asking.text(asked, "ca"));
        Map<String, Object> answer = new HashMap<>();
        Connection connection = broker.open("penstock");
        if (asked.hasNonNull("queue")) {
            answer.put("queue", queue(connection, asked.get("queue").asText(), asked.get("create").asBoolean()));
        }
        if (asked.hasNonNull("exchange")) {
            answer.put("exchange", exchange(connection, asked.get("exchange").asText()));
        }
        RabbitBroker.close(connection);
        return answer;
    }

    private static Map<String, Object> queue(Connection connection, String name, boolean create) throws IOException {
        try {
            AMQP.Queue.DeclareOk found;
            try {
                found = connection.createChannel().queueDeclarePassive(name);
            } catch (IOException e) {
                if (!create || RabbitError.close(e) == null || RabbitError.close(e).code() != AMQP.NOT_FOUND) {
                    throw e;
                }
                found = connection.createChannel().queueDeclare(name, true, false, false, Map.of("x-queue-type", "classic"));
            }
            return Map.of("messages", found.getMessageCount(), "consumers", found.getConsumerCount());
        } catch (IOException | ShutdownSignalException e) {
            return error(e);
        }
    }

    private static Map<String, Object> exchange(Connection connection, String name) throws IOException {
        try {
            Channel channel = connection.createChannel();
            channel.exchangeDeclarePassive(name);
            return Map.of();
        } catch (IOException | ShutdownSignalException e) {
            return error(e);
        }
    }

    private static Map<String, Object> error(Exception problem) {
        RabbitError.Close close = RabbitError.close(problem);
        return Map.of("error", RabbitError.of(problem).getMessage(), "code", close == null ? 0 : close.code());
    }
}
