package penstock.jdbc;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.types.logical.RowType;
import penstock.BatchSinkFactory;
import penstock.RowWriter;

/** The connector {@code penstock-postgres}: writes rows into a table of PostgreSQL. */
public final class PostgresSinkFactory extends BatchSinkFactory {
    private static final ConfigOption<String> URL = ConfigOptions.key("url").stringType().noDefaultValue();
    /** The schema, if there is one, and the name, without quotes. */
    private static final ConfigOption<List<String>> TABLE =
            ConfigOptions.key("table").stringType().asList().noDefaultValue();
    /** Properties of the driver. A value may be a reference to a secret. */
    private static final ConfigOption<Map<String, String>> PROPERTIES =
            ConfigOptions.key("properties").mapType().defaultValue(Map.of());

    @Override
    public String factoryIdentifier() {
        return "penstock-postgres";
    }

    @Override
    protected Set<ConfigOption<?>> required() {
        return Set.of(URL, TABLE);
    }

    @Override
    protected Set<ConfigOption<?>> optional() {
        return Set.of(PROPERTIES);
    }

    @Override
    protected RowWriter writer(ReadableConfig options, RowType rows, int[] key) {
        Statements statements = new Statements(options.get(TABLE), rows.getFieldNames(), key);
        return new JdbcWriter(
                "org.postgresql.Driver", options.get(URL), options.get(PROPERTIES), statements, JdbcColumn.of(rows), key);
    }
}
