package penstock;

import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.SimpleUserCodeClassLoader;
import org.apache.flink.util.UserCodeClassLoader;

/** Context to open a format with where Flink does not provide one. It has no metrics, and the task's class loader. */
public final class Opening implements SerializationSchema.InitializationContext, DeserializationSchema.InitializationContext {
    /** Opens the encoders of a writer. */
    @SafeVarargs
    public static void encoders(SerializationSchema<RowData>... encoders) throws ConnectorFailure {
        try {
            for (SerializationSchema<RowData> encoder : encoders) {
                encoder.open(new Opening());
            }
        } catch (Exception e) {
            throw new ConnectorFailure(ConnectorFailure.Kind.FATAL, e.getMessage(), e);
        }
    }

    @Override
    public MetricGroup getMetricGroup() {
        return new UnregisteredMetricsGroup();
    }

    @Override
    public UserCodeClassLoader getUserCodeClassLoader() {
        return SimpleUserCodeClassLoader.create(Thread.currentThread().getContextClassLoader());
    }
}
