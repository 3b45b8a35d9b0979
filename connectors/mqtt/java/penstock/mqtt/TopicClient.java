package penstock.mqtt;

import java.util.List;
import penstock.ConnectorFailure;
import penstock.MessageClient;

/** Reads topics in the session of a client. */
final class TopicClient implements MessageClient<TopicMessage> {
    private static final long serialVersionUID = 1L;

    private final MqttBroker broker;
    private final String clientId;
    private final List<String> topics;
    private transient boolean subscribed;

    TopicClient(MqttBroker broker, String clientId, List<String> topics) {
        this.broker = broker;
        this.clientId = clientId;
        this.topics = topics;
    }

    /** Subscribes only if the session has no subscription of this client, because a broker sends retained messages again for each one. */
    @Override
    public Subscription subscribe(int connection, Inbox<TopicMessage> inbox) throws ConnectorFailure, InterruptedException {
        Link link = broker.open(clientId, false, new Receiver(connection, topics, inbox));
        if (!subscribed || !link.continued()) {
            try {
                link.subscribe(topics);
            } catch (ConnectorFailure | InterruptedException e) {
                link.close();
                throw e;
            }
            subscribed = true;
        }
        return link;
    }
}
