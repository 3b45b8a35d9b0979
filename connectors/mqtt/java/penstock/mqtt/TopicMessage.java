package penstock.mqtt;

import java.util.List;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.data.StringData;
import org.eclipse.paho.client.mqttv3.MqttMessage;
import penstock.Message;
import penstock.MessageColumn;

/** A message of a topic. */
final class TopicMessage extends Message {
    /** The metadata of a message. That with {@code origin.} is for dead letters. */
    static final List<MessageColumn<TopicMessage>> COLUMNS = List.of(
            new MessageColumn<>("topic", DataTypes.STRING(), one -> StringData.fromString(one.topic)),
            new MessageColumn<>("retained", DataTypes.BOOLEAN(), one -> one.message.isRetained()),
            new MessageColumn<>("duplicate", DataTypes.BOOLEAN(), one -> one.message.isDuplicate()),
            new MessageColumn<>("qos", DataTypes.INT(), one -> one.message.getQos()),
            new MessageColumn<>("origin.source", DataTypes.STRING(), one -> StringData.fromString(one.topic)));

    /** The number of a message of QoS 0, which is not acknowledged. */
    static final int NO_NUMBER = 0;

    private final String topic;
    private final MqttMessage message;

    TopicMessage(String topic, int connection, MqttMessage message) {
        super(
                message.getPayload(),
                connection,
                message.getQos() == 0 ? NO_NUMBER : message.getId(),
                null,
                message.isDuplicate());
        this.topic = topic;
        this.message = message;
    }
}
