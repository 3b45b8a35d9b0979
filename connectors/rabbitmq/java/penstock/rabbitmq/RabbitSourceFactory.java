package penstock.rabbitmq;

import java.util.List;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.ReadableConfig;
import penstock.MessageClient;
import penstock.MessageColumn;
import penstock.MessageSourceFactory;

/** The connector {@code penstock-rabbitmq} as a source: reads the messages of a queue. */
public final class RabbitSourceFactory extends MessageSourceFactory<RabbitMessage> {
    private static final ConfigOption<String> QUEUE = ConfigOptions.key("queue").stringType().noDefaultValue();
    private static final ConfigOption<Integer> PREFETCH = ConfigOptions.key("prefetch").intType().noDefaultValue();
    private static final ConfigOption<Boolean> SKIP = ConfigOptions.key("skip-known").booleanType().noDefaultValue();

    @Override
    public String factoryIdentifier() {
        return "penstock-rabbitmq";
    }

    @Override
    protected MessageClient<RabbitMessage> client(ReadableConfig options) {
        return new RabbitClient(RabbitBroker.of(options), options.get(QUEUE), options.get(PREFETCH));
    }

    @Override
    protected List<MessageColumn<RabbitMessage>> columns() {
        return RabbitMessage.COLUMNS;
    }

    @Override
    protected boolean skipKnown(ReadableConfig options) {
        return options.get(SKIP);
    }

    @Override
    protected boolean one(ReadableConfig options) {
        return false;
    }

    @Override
    protected boolean acknowledgeRead(ReadableConfig options) {
        return false;
    }

    @Override
    protected Set<ConfigOption<?>> required() {
        return Set.of(RabbitBroker.HOSTS, RabbitBroker.VHOST, QUEUE, PREFETCH, SKIP);
    }

    @Override
    protected Set<ConfigOption<?>> optional() {
        return Set.of(RabbitBroker.LOGIN, RabbitBroker.TLS, RabbitBroker.CA);
    }
}
