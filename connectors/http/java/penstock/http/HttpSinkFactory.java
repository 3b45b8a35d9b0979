package penstock.http;

import java.util.List;
import java.util.Set;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;
import penstock.BatchSinkFactory;
import penstock.JsonFormatFactory;
import penstock.RowWriter;

/** The connector {@code penstock-http}: sends rows as JSON in HTTP requests. */
public final class HttpSinkFactory extends BatchSinkFactory {
    private static final ConfigOption<String> METHOD = ConfigOptions.key("method").stringType().noDefaultValue();
    private static final ConfigOption<HttpWriter.Body> BODY =
            ConfigOptions.key("body").enumType(HttpWriter.Body.class).noDefaultValue();
    private static final ConfigOption<Integer> CONCURRENCY = ConfigOptions.key("concurrency").intType().noDefaultValue();
    /** The columns whose values identify a row. */
    private static final ConfigOption<String> IDEMPOTENCY =
            ConfigOptions.key("idempotency-key").stringType().defaultValue("");

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
        return new HttpWriter(
                requests, options.get(BODY), options.get(CONCURRENCY), JsonFormatFactory.encoder(rows), key(options, rows));
    }

    private static HttpWriter.Key key(ReadableConfig options, RowType rows) {
        if (options.get(IDEMPOTENCY).isEmpty()) {
            return null;
        }
        String[] names = options.get(IDEMPOTENCY).split(";");
        int[] columns = new int[names.length];
        RowType.RowField[] fields = new RowType.RowField[names.length];
        for (int i = 0; i < names.length; i++) {
            columns[i] = rows.getFieldIndex(names[i]);
            fields[i] = rows.getFields().get(columns[i]);
        }
        SerializationSchema<RowData> encoder = JsonFormatFactory.encoder(new RowType(List.of(fields)));
        return new HttpWriter.Key(encoder, columns);
    }
}
