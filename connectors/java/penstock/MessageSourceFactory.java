package penstock;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.factories.DeserializationFormatFactory;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.flink.table.factories.FactoryUtil;

/** The base of sources that read messages with a {@link MessageClient}. */
public abstract class MessageSourceFactory<M extends Message> implements DynamicTableSourceFactory {
    private static final ConfigOption<Duration> RETRY_FOR =
            ConfigOptions.key("retry-for").durationType().noDefaultValue();

    /** Returns the client. */
    protected abstract MessageClient<M> client(ReadableConfig options);

    /** Returns the columns of metadata that a table can have. */
    protected abstract List<MessageColumn<M>> columns();

    /** Returns whether messages with an id that was read are skipped, for which there is one reader. */
    protected abstract boolean skipKnown(ReadableConfig options);

    /** Returns whether there is one reader, whatever the parallelism of the job is. */
    protected abstract boolean one(ReadableConfig options);

    /** Returns whether messages are acknowledged when their rows are read, and not when a checkpoint is complete. */
    protected abstract boolean acknowledgeRead(ReadableConfig options);

    /** Returns the options of this system that must be set. */
    protected abstract Set<ConfigOption<?>> required();

    /** Returns the options of this system that may be set. */
    protected abstract Set<ConfigOption<?>> optional();

    @Override
    public final Set<ConfigOption<?>> requiredOptions() {
        Set<ConfigOption<?>> all = new HashSet<>(required());
        all.addAll(Set.of(RETRY_FOR, FactoryUtil.FORMAT));
        return all;
    }

    @Override
    public final Set<ConfigOption<?>> optionalOptions() {
        return new HashSet<>(optional());
    }

    @Override
    public final DynamicTableSource createDynamicTableSource(Context context) {
        FactoryUtil.TableFactoryHelper helper = FactoryUtil.createTableFactoryHelper(this, context);
        WholeRows format = (WholeRows) helper.discoverDecodingFormat(DeserializationFormatFactory.class, FactoryUtil.FORMAT);
        helper.validate();
        ReadableConfig options = helper.getOptions();
        boolean skip = skipKnown(options);
        return new MessageTable<>(
                client(options),
                columns(),
                format,
                context.getPhysicalRowDataType(),
                new MessageTable.Options(
                        context.getObjectIdentifier().asSummaryString(),
                        skip || one(options),
                        skip,
                        acknowledgeRead(options),
                        options.get(RETRY_FOR).toMillis()));
    }
}
