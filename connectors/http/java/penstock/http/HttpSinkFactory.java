package penstock.http;

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

/** The connector {@code penstock-http}: sends rows as JSON in HTTP requests. */
public final class HttpSinkFactory extends BatchSinkFactory {
    private static final ConfigOption<String> METHOD = ConfigOptions.key("method").stringType().noDefaultValue();
    private static final ConfigOption<HttpWriter.Body> BODY =
            ConfigOptions.key("body").enumType(HttpWriter.Body.class).noDefaultValue();
    private static final ConfigOption<Integer> CONCURRENCY = ConfigOptions.key("concurrency").intType().noDefaultValue();
    /** The columns whose values identify a row. */
    private static final ConfigOption<List<String>> IDEMPOTENCY =
            ConfigOptions.key("idempotency-key").stringType().asList().defaultValues();

    @Override
    public String factoryIdentifier() {
        return "penstock-http";
    }

    @Override
    protected Set<ConfigOption<?>> required() {
        return Set.of(HttpRequests.URL, HttpRequests.TIMEOUT, METHOD, BODY, CONCURRENCY);
    }

    @Override
    protected Set<ConfigOption<?>> optional() {
        return Set.of(HttpRequests.HEADERS, HttpRequests.LOGIN, HttpRequests.CA, IDEMPOTENCY);
    }

    @Override
    protected RowWriter writer(ReadableConfig options, RowType rows, int[] key) {
        HttpRequests requests = HttpRequests.of(options, options.get(METHOD), "");
        int[] columns = options.get(IDEMPOTENCY).stream().mapToInt(rows::getFieldIndex).toArray();
        return new HttpWriter(
                requests,
                options.get(BODY),
                options.get(CONCURRENCY),
                JsonFormatFactory.encoder(rows),
                columns.length == 0 ? null : RowKey.of(rows, columns));
    }
}
