package penstock.http;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
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
    private static final ConfigOption<String> URL = ConfigOptions.key("url").stringType().noDefaultValue();
    private static final ConfigOption<String> METHOD = ConfigOptions.key("method").stringType().noDefaultValue();
    private static final ConfigOption<HttpWriter.Body> BODY =
            ConfigOptions.key("body").enumType(HttpWriter.Body.class).noDefaultValue();
    private static final ConfigOption<Integer> CONCURRENCY = ConfigOptions.key("concurrency").intType().noDefaultValue();
    private static final ConfigOption<Duration> TIMEOUT = ConfigOptions.key("timeout").durationType().noDefaultValue();
    /** A value may be a reference to a secret. */
    private static final ConfigOption<Map<String, String>> HEADERS =
            ConfigOptions.key("headers").mapType().defaultValue(Map.of());
    /** The columns whose values identify a row. */
    private static final ConfigOption<String> IDEMPOTENCY =
            ConfigOptions.key("idempotency-key").stringType().defaultValue("");
    /** {@code token}, or {@code user} and {@code password}. A value may be a reference to a secret. */
    private static final ConfigOption<Map<String, String>> LOGIN = ConfigOptions.key("login").mapType().defaultValue(Map.of());
    /** A PEM file with CA certificates. */
    private static final ConfigOption<String> CA = ConfigOptions.key("ca").stringType().noDefaultValue();

    @Override
    public String factoryIdentifier() {
        return "penstock-http";
    }

    @Override
    protected Set<ConfigOption<?>> required() {
        return Set.of(URL, METHOD, BODY, CONCURRENCY, TIMEOUT);
    }

    @Override
    protected Set<ConfigOption<?>> optional() {
        return Set.of(HEADERS, IDEMPOTENCY, LOGIN, CA);
    }

    @Override
    protected RowWriter writer(ReadableConfig options, RowType rows, int[] key) {
        HttpRequests requests =
                new HttpRequests(
                        URI.create(options.get(URL)),
                        options.get(METHOD),
                        options.get(TIMEOUT),
                        options.get(HEADERS),
                        options.get(LOGIN),
                        options.getOptional(CA).orElse(null));
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
