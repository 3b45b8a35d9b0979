package penstock.rabbitmq;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Envelope;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.DataType;
import penstock.Message;
import penstock.MessageColumn;

/** A message of a queue. */
final class RabbitMessage extends Message {
    /** The metadata of a message. Those with {@code origin.} are for dead letters. */
    static final List<MessageColumn<RabbitMessage>> COLUMNS = List.of(
            new MessageColumn<>("queue", DataTypes.STRING(), one -> StringData.fromString(one.queue)),
            new MessageColumn<>("exchange", DataTypes.STRING(), one -> StringData.fromString(one.envelope.getExchange())),
            new MessageColumn<>("routing-key", DataTypes.STRING(), one -> StringData.fromString(one.envelope.getRoutingKey())),
            new MessageColumn<>("redelivered", DataTypes.BOOLEAN(), one -> one.envelope.isRedeliver()),
            new MessageColumn<>("message-id", DataTypes.STRING(), one -> StringData.fromString(one.properties.getMessageId())),
            new MessageColumn<>(
                    "correlation-id",
                    DataTypes.STRING(),
                    one -> StringData.fromString(one.properties.getCorrelationId())),
            new MessageColumn<>("type", DataTypes.STRING(), one -> StringData.fromString(one.properties.getType())),
            new MessageColumn<>("timestamp", DataTypes.TIMESTAMP_LTZ(3), RabbitMessage::timestamp),
            new MessageColumn<>("headers", headersType(), RabbitMessage::headers),
            new MessageColumn<>("origin.source", DataTypes.STRING(), one -> StringData.fromString(one.queue)),
            new MessageColumn<>("origin.timestamp", DataTypes.TIMESTAMP_LTZ(3), RabbitMessage::timestamp),
            new MessageColumn<>("origin.headers", headersType(), RabbitMessage::headers),
            new MessageColumn<>(
                    "origin.key",
                    DataTypes.BYTES(),
                    one -> one.envelope.getRoutingKey().getBytes(StandardCharsets.UTF_8)));

    private final String queue;
    private final Envelope envelope;
    private final AMQP.BasicProperties properties;

    RabbitMessage(String queue, int connection, Envelope envelope, AMQP.BasicProperties properties, byte[] body) {
        super(body, connection, envelope.getDeliveryTag(), id(properties), envelope.isRedeliver());
        this.queue = queue;
        this.envelope = envelope;
        this.properties = properties;
    }

    private static String id(AMQP.BasicProperties properties) {
        String id = properties.getMessageId();
        return id == null || id.isEmpty() ? null : id;
    }

    private static DataType headersType() {
        return DataTypes.MAP(DataTypes.STRING(), DataTypes.BYTES());
    }

    private static Object timestamp(RabbitMessage message) {
        return message.properties.getTimestamp() == null
                ? null
                : TimestampData.fromEpochMillis(message.properties.getTimestamp().getTime());
    }

    /** Headers have types of their own, of which the text is taken. */
    private static Object headers(RabbitMessage message) {
        Map<StringData, byte[]> headers = new HashMap<>();
        if (message.properties.getHeaders() != null) {
            message.properties.getHeaders().forEach((name, value) -> headers.put(StringData.fromString(name), bytes(value)));
        }
        return new GenericMapData(headers);
    }

    private static byte[] bytes(Object value) {
        if (value == null || value instanceof byte[]) {
            return (byte[]) value;
        }
        return value.toString().getBytes(StandardCharsets.UTF_8);
    }
}
