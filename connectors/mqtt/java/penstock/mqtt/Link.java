package penstock.mqtt;

import java.util.Collections;
import java.util.List;
import org.eclipse.paho.client.mqttv3.IMqttToken;
import org.eclipse.paho.client.mqttv3.MqttAsyncClient;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttException;
import penstock.ConnectorFailure;
import penstock.ConnectorFailure.Kind;
import penstock.MessageClient;

/** A connection to a broker. */
final class Link implements MessageClient.Subscription {
    private static final int AT_LEAST_ONCE = 1;
    private static final int REJECTED = 128;
    private static final long TIMEOUT = 8_000;
    private static final long STEP = 20;
    private static final long END = 2_000;

    /** How long the client waits after it has sent its last packet, which the broker does not answer. */
    private static final long SENT = 50;

    /** A topic that the client is not subscribed to. The broker answers after it has processed everything before. */
    private static final String NO_TOPIC = "penstock/none";

    private final MqttAsyncClient client;
    private final Receiver receiver;
    private boolean continued;

    Link(MqttAsyncClient client, Receiver receiver) {
        this.client = client;
        this.receiver = receiver;
    }

    void connect(MqttConnectOptions options) throws MqttException {
        IMqttToken answer = client.connect(options);
        answer.waitForCompletion(TIMEOUT);
        continued = answer.getSessionPresent();
    }

    /** Whether the broker has the session of an earlier connection, with its subscriptions. */
    boolean continued() {
        return continued;
    }

    /** Subscribes to the topics, with QoS 1. */
    void subscribe(List<String> topics) throws ConnectorFailure, InterruptedException {
        try {
            int[] wanted = Collections.nCopies(topics.size(), AT_LEAST_ONCE).stream().mapToInt(one -> one).toArray();
            IMqttToken answer = client.subscribe(topics.toArray(String[]::new), wanted);
            await(answer);
            int[] granted = answer.getGrantedQos();
            for (int i = 0; i < granted.length; i++) {
                if (granted[i] != AT_LEAST_ONCE) {
                    String found = granted[i] == REJECTED ? "rejects a subscription to " : "has no QoS 1 for ";
                    throw new ConnectorFailure(Kind.FATAL, "the broker " + found + topics.get(i), null);
                }
            }
        } catch (MqttException e) {
            throw MqttError.of(e);
        }
    }

    /**
     * Waits for the answer. Messages that the broker sent before must be read first, so the time in which there is no room for them does
     * not count.
     */
    private void await(IMqttToken answer) throws MqttException, InterruptedException {
        for (long waited = 0; !answer.isComplete(); waited += receiver.isWaiting() ? 0 : STEP) {
            if (waited >= TIMEOUT) {
                throw new MqttException(MqttException.REASON_CODE_CLIENT_TIMEOUT);
            }
            Thread.sleep(STEP); // a token that was waited for in vain keeps the exception when the answer arrives
        }
        if (answer.getException() != null) {
            throw answer.getException();
        }
    }

    /**
     * Does not wait for the broker: its answer would come after the messages that it has sent, and later acknowledgements would wait, too.
     */
    @Override
    public void acknowledge(long[] numbers) throws ConnectorFailure {
        try {
            for (long one : numbers) {
                if (one != TopicMessage.NO_NUMBER) {
                    client.messageArrivedComplete((int) one, AT_LEAST_ONCE);
                }
            }
        } catch (MqttException e) {
            throw MqttError.of(e);
        }
    }

    /** Waits until the broker has processed the acknowledgements: a connection that is closed with unread messages may lose them. */
    @Override
    public void close() {
        boolean connected = client.isConnected();
        try {
            if (connected) {
                client.unsubscribe(NO_TOPIC).waitForCompletion(END);
            }
        } catch (MqttException e) {
            // the broker delivers again what is not acknowledged
        }
        try {
            client.disconnectForcibly(0, SENT, connected);
            client.close(true);
        } catch (MqttException e) {
            // it was lost before
        }
    }
}
