package penstock.http;

import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.types.logical.RowType;
import penstock.BatchSinkFactory;
import penstock.JsonFormatFactory;
import penstock.RowKey;
import penstock.RowWriter;

/** The connector {@code penstock-opensearch}: writes rows as documents with the bulk API of OpenSearch and Elasticsearch. */
public final class BulkSinkFactory extends BatchSinkFactory {
    private static final ConfigOption<String> INDEX = ConfigOptions.key("index").stringType().noDefaultValue();

    @Override
    public String factoryIdentifier() {
        return "penstock-opensearch";
    }

    @Override
    protected Set<ConfigOption<?>> required() {
        return Set.of(HttpRequests.URL, HttpRequests.TIMEOUT, INDEX);
    }

    @Override
    protected Set<ConfigOption<?>> optional() {
        return Set.of(HttpRequests.HEADERS, HttpRequests.LOGIN, HttpRequests.CA);
    }

    @Override
    protected RowWriter writer(ReadableConfig options, RowType rows, int[] key) {
        HttpRequests requests = HttpRequests.of(options, "POST", "/" + options.get(INDEX) + "/_bulk");
        return new BulkWriter(requests, JsonFormatFactory.encoder(rows), RowKey.of(rows, key));
    }
}
