package penstock.mongodb;

import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.types.logical.RowType;
import penstock.BatchSinkFactory;
import penstock.RowWriter;

/** The connector {@code penstock-mongodb}: writes rows as documents. */
public final class MongoSinkFactory extends BatchSinkFactory {
    private static final ConfigOption<String> COLLECTION = ConfigOptions.key("collection").stringType().noDefaultValue();

    @Override
    public String factoryIdentifier() {
        return "penstock-mongodb";
    }

    @Override
    protected Set<ConfigOption<?>> required() {
        return Set.of(MongoServer.URL, COLLECTION);
    }

    @Override
    protected Set<ConfigOption<?>> optional() {
        return Set.of(MongoServer.LOGIN, MongoServer.TLS, MongoServer.CA);
    }

    @Override
    protected RowWriter writer(ReadableConfig options, RowType rows, int[] key) {
        return new MongoWriter(
                MongoServer.of(options), options.get(COLLECTION), new MongoDocuments(rows, key), key.length > 0);
    }
}
