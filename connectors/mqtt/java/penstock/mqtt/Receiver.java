package penstock.mqtt;

import java.util.List;
import org.eclipse.paho.client.mqttv3.IMqttDeliveryToken;
import org.eclipse.paho.client.mqttv3.MqttAsyncClient;
import org.eclipse.paho.client.mqttv3.MqttCallback;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.MqttMessage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import penstock.ConnectorFailure;
import penstock.MessageClient.Inbox;

/** Passes the messages of a connection to an inbox. */
final class Receiver implements MqttCallback {
    /** An inbox that drops every message. */
    static final Inbox<TopicMessage> NOWHERE = new Inbox<>() {
        @Override
        public void add(TopicMessage message) {
            // it is not acknowledged
        }

        @Override
        public void lost(ConnectorFailure failure) {
            // whoever asks the broker sees it
        }
    };

    private static final Logger LOG = LoggerFactory.getLogger(Receiver.class);

    private final int connection;
    private final List<String> topics;
    private final Inbox<TopicMessage> inbox;
    private MqttAsyncClient client;
    private boolean told;
    private volatile boolean waiting;

    Receiver(int connection, List<String> topics, Inbox<TopicMessage> inbox) {
        this.connection = connection;
        this.topics = topics;
        this.inbox = inbox;
    }

    Receiver on(MqttAsyncClient opened) {
        client = opened;
        return this;
    }

    /** Whether a message waits for room in the inbox. */
    boolean isWaiting() {
        return waiting;
    }

    /** A session keeps its subscriptions, also to topics that the job does not name any more. Their messages would stay at the broker. */
    @Override
    public void messageArrived(String topic, MqttMessage message) throws MqttException {
        if (topics.stream().noneMatch(one -> matches(one, topic))) {
            if (!told) {
                LOG.warn("Messages of topics that the job does not name are dropped: the session has a subscription to {}", topic);
            }
            told = true;
            client.messageArrivedComplete(message.getId(), message.getQos());
            return;
        }
        waiting = true;
        try {
            inbox.add(new TopicMessage(topic, connection, message));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            waiting = false;
        }
    }

    /** Whether the filter matches the topic. The client's own method does not let a + match an empty level. */
    static boolean matches(String filter, String topic) {
        String[] wanted = filter.split("/", -1);
        String[] levels = topic.split("/", -1);
        for (int i = 0; i < wanted.length; i++) {
            if (wanted[i].equals("#")) {
                return true;
            }
            if (i == levels.length || !wanted[i].equals("+") && !wanted[i].equals(levels[i])) {
                return false;
            }
        }
        return wanted.length == levels.length;
    }

    @Override
    public void connectionLost(Throwable cause) {
        inbox.lost(MqttError.of(cause));
    }

    @Override
    public void deliveryComplete(IMqttDeliveryToken token) {
        // nothing is published
    }
}
