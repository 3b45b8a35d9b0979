package penstock;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Metric;
import org.apache.flink.metrics.MetricConfig;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.reporter.MetricReporter;
import org.apache.flink.metrics.reporter.MetricReporterFactory;
import org.apache.flink.metrics.reporter.Scheduled;

/**
 * A metric reporter that writes a small JSON file: operator name to its row counts and watermark.
 *
 * <p>Flink's REST interface drops the counters of a bounded job as soon as it has ended. A reporter receives the last value of each metric
 * when its operator closes, so the counts of a finished local run are exact. Counters are summed over subtasks; the watermark is the
 * minimum.
 */
public final class ProgressReporter implements MetricReporter, Scheduled, MetricReporterFactory {
    private static final String WATERMARK = "currentOutputWatermark";

    private final Map<Metric, String[]> live = new ConcurrentHashMap<>();
    private final Map<String, Map<String, Long>> closed = new TreeMap<>();
    private Path file;
    private boolean ended;

    @Override
    public MetricReporter createMetricReporter(Properties properties) {
        return new ProgressReporter();
    }

    @Override
    public void open(MetricConfig config) {
        file = Path.of(config.getString("path", "progress.json"));
    }

    @Override
    public void notifyOfAddedMetric(Metric metric, String name, MetricGroup group) {
        String operator = group.getAllVariables().get("<operator_name>");
        if (operator != null
                && (name.startsWith("penstock_") || name.equals(WATERMARK))) {
            live.put(metric, new String[] {operator, name});
        }
    }

    @Override
    public void notifyOfRemovedMetric(Metric metric, String name, MetricGroup group) {
        String[] key = live.remove(metric);
        if (key != null) {
            synchronized (closed) {
                add(closed, key, metric);
            }
        }
    }

    private static void add(Map<String, Map<String, Long>> into, String[] key, Metric metric) {
        Map<String, Long> values = into.computeIfAbsent(key[0], name -> new TreeMap<>());
        if (metric instanceof Counter) {
            values.merge(key[1], ((Counter) metric).getCount(), Long::sum);
        } else if (metric instanceof Gauge && ((Gauge<?>) metric).getValue() instanceof Long) {
            values.merge(key[1], (Long) ((Gauge<?>) metric).getValue(), Long::min);
        }
    }

    @Override
    public void report() {
        write(false);
    }

    @Override
    public void close() {
        write(true);
    }

    /** Flink closes a reporter before it stops the thread that calls {@link #report}, so reports after the last one are ignored. */
    private synchronized void write(boolean last) {
        if (ended) {
            return;
        }
        ended = last;
        Map<String, Map<String, Long>> all = new TreeMap<>();
        synchronized (closed) {
            closed.forEach((operator, values) -> all.put(operator, new TreeMap<>(values)));
        }
        live.forEach((metric, key) -> add(all, key, metric));
        StringBuilder json = new StringBuilder("{\"final\":").append(last).append(",\"operators\":{");
        String comma = "";
        for (Map.Entry<String, Map<String, Long>> operator : all.entrySet()) {
            json.append(comma).append(quoted(operator.getKey())).append(":{");
            String inner = "";
            for (Map.Entry<String, Long> value : operator.getValue().entrySet()) {
                json.append(inner).append(quoted(value.getKey())).append(':').append(value.getValue());
                inner = ",";
            }
            json.append('}');
            comma = ",";
        }
        try {
            Path next = file.resolveSibling(file.getFileName() + ".next");
            Files.write(next, json.append("}}").toString().getBytes(StandardCharsets.UTF_8));
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            // The run continues. Only the progress display misses an update.
        }
    }

    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < ' ') {
                quoted.append(' ');
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }
}
