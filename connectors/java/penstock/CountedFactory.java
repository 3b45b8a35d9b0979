package penstock;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.catalog.ObjectIdentifier;
import org.apache.flink.table.catalog.ResolvedCatalogTable;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.sink.abilities.SupportsWritingMetadata;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.ScanTableSource;
import org.apache.flink.table.connector.source.abilities.SupportsReadingMetadata;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.factories.DynamicTableSinkFactory;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.flink.table.factories.FactoryUtil;

/**
 * The connector {@code counted}: wraps any other connector and counts its rows in Flink's state.
 *
 * <p>Flink's own counters begin at zero after each restart, so they cannot show whether a row is missing. These counters are part of the
 * checkpoint, so after a restart, a savepoint or a change of parallelism they agree with the rows.
 */
public final class CountedFactory implements DynamicTableSourceFactory, DynamicTableSinkFactory {
    static final String IDENTIFIER = "counted";
    private static final String WHAT = "counted.connector";
    private static final String AS = "counted.as";
    /** The column that holds how many rows a row stands for, see `connectors/base/row_counting.py`. */
    private static final String ROWS = "penstock_rows";

    private static final String MAY_IDLE = "counted.may-idle";
    private static final String TIMED = "counted.timed";
    private static final String COMMITS = "counted.commits";

    @Override
    public String factoryIdentifier() {
        return IDENTIFIER;
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return new HashSet<>(
                Set.of(
                        ConfigOptions.key(WHAT).stringType().noDefaultValue(),
                        ConfigOptions.key(AS).stringType().noDefaultValue()));
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        return new HashSet<>();
    }

    @Override
    public DynamicTableSource createDynamicTableSource(Context context) {
        Map<String, String> options = context.getCatalogTable().getOptions();
        DynamicTableSource made =
                FactoryUtil.discoverFactory(
                        context.getClassLoader(), DynamicTableSourceFactory.class, options.get(WHAT))
                        .createDynamicTableSource(new Inner(context));
        ScanTableSource source = (ScanTableSource) made;
        boolean mayIdle = Boolean.parseBoolean(options.get(MAY_IDLE));
        boolean commits = Boolean.parseBoolean(options.get(COMMITS));
        CountedSource counted =
                new CountedSource(source, context.getPhysicalRowDataType(), options.get(AS), mayIdle, commits);
        boolean timed = mayIdle || Boolean.parseBoolean(options.get(TIMED));
        if (source instanceof SupportsReadingMetadata) {
            return timed ? new CountedSource.Full(counted) : new CountedSource.Described(counted);
        }
        return timed ? new CountedSource.Timed(counted) : counted;
    }

    @Override
    public DynamicTableSink createDynamicTableSink(Context context) {
        Map<String, String> options = context.getCatalogTable().getOptions();
        DynamicTableSink sink =
                FactoryUtil.discoverFactory(context.getClassLoader(), DynamicTableSinkFactory.class, options.get(WHAT))
                        .createDynamicTableSink(new Inner(context));
        List<String> columns = context.getCatalogTable().getResolvedSchema().getColumnNames();
        int reason = options.get(AS).equals("refused") ? columns.indexOf("reason") : -1;
        int sum = columns.indexOf(ROWS);
        return sink instanceof SupportsWritingMetadata
                ? new CountedSink.Described(sink, options.get(AS), reason, sum)
                : new CountedSink(sink, options.get(AS), reason, sum);
    }

    /** The context as the wrapped connector would see it without this one. */
    private static final class Inner implements DynamicTableFactory.Context {
        private final DynamicTableFactory.Context outer;

        Inner(DynamicTableFactory.Context outer) {
            this.outer = outer;
        }

        private static Map<String, String> without(Map<String, String> options) {
            Map<String, String> inner = new HashMap<>(options);
            inner.remove(AS);
            inner.remove(MAY_IDLE);
            inner.remove(TIMED);
            inner.remove(COMMITS);
            String connector = inner.remove(WHAT);
            if (connector != null) {
                inner.put("connector", connector);
            }
            return inner;
        }

        @Override
        public ObjectIdentifier getObjectIdentifier() {
            return outer.getObjectIdentifier();
        }

        @Override
        public ResolvedCatalogTable getCatalogTable() {
            return outer.getCatalogTable().copy(without(outer.getCatalogTable().getOptions()));
        }

        @Override
        public Map<String, String> getEnrichmentOptions() {
            return without(outer.getEnrichmentOptions());
        }

        @Override
        public ReadableConfig getConfiguration() {
            return outer.getConfiguration();
        }

        @Override
        public ClassLoader getClassLoader() {
            return outer.getClassLoader();
        }

        @Override
        public boolean isTemporary() {
            return outer.isTemporary();
        }
    }
}
