package penstock.rabbitmq;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ShutdownSignalException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.table.data.RowData;
import penstock.Batch;
import penstock.ConnectorFailure;
import penstock.Opening;
import penstock.RowKey;
import penstock.RowWriter;

/** Publishes each row as a persistent message, and waits until the broker has confirmed those of a batch. */
final class RabbitWriter implements RowWriter {
    private static final long serialVersionUID = 1L;
    private static final int LONGEST_KEY = 255;

    private final RabbitBroker broker;
    private final Route route;
    private final long timeout;
    private final SerializationSchema<RowData> encoder;
    private final RowKey id;
    private transient Connection connection;
    private transient Channel channel;
    private transient volatile Confirms confirms;

    /** Where rows go: the exchange, and the routing key or the index of the column that holds it. */
    record Route(String exchange, String key, int column) implements java.io.Serializable {
        String of(RowData row) {
            return column < 0 ? key : row.isNullAt(column) ? null : row.getString(column).toString();
        }
    }

    /** {@code timeout} is how long to wait for confirms, in milliseconds. {@code id} is null if messages have no id. */
    RabbitWriter(RabbitBroker broker, Route route, long timeout, SerializationSchema<RowData> encoder, RowKey id) {
        this.broker = broker;
        this.route = route;
        this.timeout = timeout;
        this.encoder = encoder;
        this.id = id;
    }

    @Override
    public void write(Batch batch) throws ConnectorFailure, InterruptedException {
        try {
            open();
            confirms.begin(batch);
            for (int i = 0; i < batch.size(); i++) {
                if (batch.open(i)) {
                    publish(batch, i);
                }
            }
            confirms.all();
        } catch (IOException | ShutdownSignalException e) {
            close();
            throw RabbitError.of(e);
        } catch (ConnectorFailure | InterruptedException e) {
            close();
            throw e;
        }
    }

    @Override
    public long waitingSince() {
        Confirms now = confirms;
        return now == null ? 0 : now.blockedSince();
    }

    private void open() throws ConnectorFailure, IOException {
        if (connection != null) {
            return;
        }
        Opening.encoders(encoder);
        if (id != null) {
            Opening.encoders(id.encoder());
        }
        connection = broker.open("penstock sink " + route.exchange);
        channel = connection.createChannel();
        channel.confirmSelect();
        confirms = new Confirms(timeout);
        connection.addBlockedListener(confirms);
        channel.addConfirmListener(confirms);
        channel.addReturnListener(confirms);
        channel.addShutdownListener(confirms);
    }

    private void publish(Batch batch, int index) throws IOException, ConnectorFailure, InterruptedException {
        RowData row = batch.row(index);
        String key = route.of(row);
        String hash = id == null ? null : id.hash(row);
        if (key == null) {
            batch.rejected(index, "the column of the routing key is NULL");
        } else if (key.getBytes(StandardCharsets.UTF_8).length > LONGEST_KEY) {
            batch.rejected(index, "the routing key has more than " + LONGEST_KEY + " bytes");
        } else if (id != null && hash == null) {
            batch.rejected(index, RowKey.NULL);
        } else {
            byte[] body = encoder.serialize(row);
            AMQP.BasicProperties properties =
                    new AMQP.BasicProperties.Builder()
                            .contentType("application/json")
                            .deliveryMode(2)
                            .messageId(hash)
                            .build();
            confirms.room(body.length);
            confirms.expect(channel.getNextPublishSeqNo(), index, key, body);
            channel.basicPublish(route.exchange, key, true, properties, body);
        }
    }

    @Override
    public void close() {
        if (connection != null) {
            RabbitBroker.close(connection);
            connection = null;
        }
    }
}
