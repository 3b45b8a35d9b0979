package penstock.mqtt;

import java.util.List;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.ReadableConfig;
import penstock.MessageClient;
import penstock.MessageColumn;
import penstock.MessageSourceFactory;

/** The connector {@code penstock-mqtt} as a source: reads the messages of topics. */
public final class MqttSourceFactory extends MessageSourceFactory<TopicMessage> {
    private static final ConfigOption<String> CLIENT_ID = ConfigOptions.key("client-id").stringType().noDefaultValue();
    private static final ConfigOption<String> TOPICS = ConfigOptions.key("topics").stringType().noDefaultValue();
    private static final ConfigOption<Boolean> READ = ConfigOptions.key("acknowledge-read").booleanType().noDefaultValue();

    @Override
    public String factoryIdentifier() {
        return "penstock-mqtt";
    }

    @Override
    protected MessageClient<TopicMessage> client(ReadableConfig options) {
        return new TopicClient(MqttBroker.of(options), options.get(CLIENT_ID), List.of(options.get(TOPICS).split("\n")));
    }

    @Override
    protected List<MessageColumn<TopicMessage>> columns() {
        return TopicMessage.COLUMNS;
    }

    /** Messages have no ids. A packet id identifies a message only until it is acknowledged, and then belongs to another one. */
    @Override
    protected boolean skipKnown(ReadableConfig options) {
        return false;
    }

    /** A session has one client. */
    @Override
    protected boolean one(ReadableConfig options) {
        return true;
    }

    @Override
    protected boolean acknowledgeRead(ReadableConfig options) {
        return options.get(READ);
    }

    @Override
    protected Set<ConfigOption<?>> required() {
        return Set.of(MqttBroker.URL, CLIENT_ID, TOPICS, READ);
    }

    @Override
    protected Set<ConfigOption<?>> optional() {
        return Set.of(MqttBroker.LOGIN, MqttBroker.CA);
    }
}
