package penstock.mqtt;

import java.util.Timer;
import java.util.TimerTask;
import org.eclipse.paho.client.mqttv3.MqttPingSender;
import org.eclipse.paho.client.mqttv3.internal.ClientComms;

/**
 * Sends pings, and closes a connection on which nothing arrives.
 *
 * <p>While a message waits for room, nothing is read from the connection, also no answer to a ping. The client would take the broker for
 * dead, and connect again, for which the broker would deliver all unacknowledged messages again.
 */
final class Pings implements MqttPingSender {
    private final Receiver receiver;
    private ClientComms client;
    private Timer timer;

    Pings(Receiver receiver) {
        this.receiver = receiver;
    }

    @Override
    public void init(ClientComms comms) {
        client = comms;
    }

    @Override
    public synchronized void start() {
        timer = new Timer("penstock-mqtt-pings", true);
        schedule(client.getKeepAlive());
    }

    @Override
    public synchronized void stop() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    @Override
    public synchronized void schedule(long delay) {
        if (timer != null) {
            timer.schedule(new TimerTask() {
                @Override
                public void run() {
                    check();
                }
            }, delay);
        }
    }

    private void check() {
        if (receiver.isWaiting()) {
            client.getClientState().notifyReceivedBytes(1);
        }
        client.checkForActivity();
    }
}
