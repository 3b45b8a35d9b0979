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

/** The connector {@code penstock-jdbc}: writes rows into a table of a database. */
public final class JdbcSinkFactory extends BatchSinkFactory {
    private static final ConfigOption<Dialect> DIALECT =
            ConfigOptions.key("dialect").enumType(Dialect.class).noDefaultValue();
    private static final ConfigOption<String> URL = ConfigOptions.key("url").stringType().noDefaultValue();
    /** The schema, if there is one, and the name, without quotes. */
    private static final ConfigOption<List<String>> TABLE =
            ConfigOptions.key("table").stringType().asList().noDefaultValue();
    /** Properties of the driver. A value may be a reference to a secret. */
    private static final ConfigOption<Map<String, String>> PROPERTIES =
            ConfigOptions.key("properties").mapType().defaultValue(Map.of());

    @Override
    public String factoryIdentifier() {
        return "penstock-jdbc";
    }

    @Override
    protected Set<ConfigOption<?>> required() {
        return Set.of(DIALECT, URL, TABLE);
    }

    @Override
    protected Set<ConfigOption<?>> optional() {
        return Set.of(PROPERTIES);
    }

    @Override
    protected RowWriter writer(ReadableConfig options, RowType rows, int[] key) {
        Dialect dialect = options.get(DIALECT);
        Statements statements = new Statements(dialect, options.get(TABLE), rows.getFieldNames(), key);
        JdbcColumn[] columns = JdbcColumn.of(rows, dialect);
        return new JdbcWriter(dialect, options.get(URL), options.get(PROPERTIES), statements, columns, key);
    }
}
