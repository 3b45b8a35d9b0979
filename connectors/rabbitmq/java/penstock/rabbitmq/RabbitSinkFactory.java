package penstock.rabbitmq;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.types.logical.RowType;
import penstock.BatchSinkFactory;
import penstock.JsonFormatFactory;
import penstock.RowKey;
import penstock.RowWriter;

/** The connector {@code penstock-rabbitmq} as a sink: publishes rows as JSON. */
public final class RabbitSinkFactory extends BatchSinkFactory {
    private static final ConfigOption<String> EXCHANGE = ConfigOptions.key("exchange").stringType().noDefaultValue();
    private static final ConfigOption<String> ROUTING_KEY = ConfigOptions.key("routing-key").stringType().defaultValue("");
    /** The column that holds the routing key. */
    private static final ConfigOption<String> ROUTING_COLUMN =
            ConfigOptions.key("routing-column").stringType().noDefaultValue();
    /** The columns of whose values the id of a message is a hash. */
    private static final ConfigOption<List<String>> ID =
            ConfigOptions.key("message-id").stringType().asList().defaultValues();
    private static final ConfigOption<Duration> TIMEOUT = ConfigOptions.key("timeout").durationType().noDefaultValue();

    @Override
    public String factoryIdentifier() {
        return "penstock-rabbitmq";
    }

    @Override
    protected Set<ConfigOption<?>> required() {
        return Set.of(RabbitBroker.HOSTS, RabbitBroker.VHOST, EXCHANGE, TIMEOUT);
    }

    @Override
    protected Set<ConfigOption<?>> optional() {
        return Set.of(RabbitBroker.LOGIN, RabbitBroker.TLS, RabbitBroker.CA, ROUTING_KEY, ROUTING_COLUMN, ID);
    }

    @Override
    protected RowWriter writer(ReadableConfig options, RowType rows, int[] key) {
        int column = options.getOptional(ROUTING_COLUMN).map(rows::getFieldIndex).orElse(-1);
        int[] id = options.get(ID).stream().mapToInt(rows::getFieldIndex).toArray();
        return new RabbitWriter(
                RabbitBroker.of(options),
                new RabbitWriter.Route(options.get(EXCHANGE), options.get(ROUTING_KEY), column),
                options.get(TIMEOUT).toMillis(),
                JsonFormatFactory.encoder(rows),
                id.length == 0 ? null : RowKey.of(rows, id));
    }
}
