package penstock.rabbitmq;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.ShutdownSignalException;
import java.io.IOException;
import penstock.ConnectorFailure;
import penstock.MessageClient;

/** Consumes a queue. {@code prefetch} is the most unacknowledged messages; 0 for no limit. */
record RabbitClient(RabbitBroker broker, String queue, int prefetch) implements MessageClient<RabbitMessage> {

    private static final String STREAM = "x-stream-offset";

    @Override
    public Subscription subscribe(int connection, Inbox<RabbitMessage> inbox) throws ConnectorFailure {
        Connection opened = broker.open("penstock source " + queue);
        try {
            Channel channel = opened.createChannel();
            channel.basicQos(prefetch);
            channel.basicConsume(queue, false, new DefaultConsumer(channel) {
                @Override
                public void handleDelivery(String tag, Envelope envelope, AMQP.BasicProperties properties, byte[] body) {
                    if (properties.getHeaders() != null && properties.getHeaders().containsKey(STREAM)) {
                        String message = queue + " is a stream, whose messages are not deleted when they are acknowledged";
                        inbox.lost(new ConnectorFailure(ConnectorFailure.Kind.FATAL, message, null));
                        return;
                    }
                    try {
                        inbox.add(new RabbitMessage(queue, connection, envelope, properties, body));
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                }

                @Override
                public void handleCancel(String tag) {
                    String message = "the broker ended the delivery: the queue " + queue + " was deleted or moved";
                    inbox.lost(new ConnectorFailure(ConnectorFailure.Kind.UNAVAILABLE, message, null));
                }

                @Override
                public void handleShutdownSignal(String tag, ShutdownSignalException signal) {
                    inbox.lost(RabbitError.of(signal));
                }
            });
            return new Open(opened, channel);
        } catch (IOException | ShutdownSignalException e) {
            RabbitBroker.close(opened);
            throw RabbitError.of(e);
        } catch (RuntimeException | Error e) {
            RabbitBroker.close(opened);
            throw e;
        }
    }

    private record Open(Connection connection, Channel channel) implements Subscription {
        /**
         * Messages are acknowledged in the order in which they were delivered, so the last number stands for all. A call that asks the
         * broker for an answer would wait for every message that it has sent before.
         */
        @Override
        public void acknowledge(long[] numbers) throws ConnectorFailure {
            try {
                channel.basicAck(numbers[numbers.length - 1], true);
            } catch (IOException | ShutdownSignalException e) {
                throw RabbitError.of(e);
            }
        }

        @Override
        public void close() {
            RabbitBroker.close(connection);
        }
    }
}
