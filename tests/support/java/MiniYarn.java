import java.io.FileOutputStream;
import java.io.OutputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.server.MiniYARNCluster;

/** A YARN cluster in one process. {@code MiniYarn FILE} writes the cluster's configuration to FILE and runs until it is killed. */
public final class MiniYarn {
    public static void main(String[] arguments) throws Exception {
        YarnConfiguration configuration = new YarnConfiguration();
        configuration.setInt(YarnConfiguration.RM_SCHEDULER_MINIMUM_ALLOCATION_MB, 128);
        configuration.setInt(YarnConfiguration.NM_PMEM_MB, 6144);
        configuration.setInt(YarnConfiguration.NM_VCORES, 8);
        configuration.setBoolean(YarnConfiguration.NM_PMEM_CHECK_ENABLED, false);
        configuration.setBoolean(YarnConfiguration.NM_VMEM_CHECK_ENABLED, false);
        configuration.setFloat("yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage", 99.9f);
        configuration.set("yarn.scheduler.capacity.root.queues", "default");
        configuration.set("yarn.scheduler.capacity.root.default.capacity", "100");
        configuration.set("yarn.scheduler.capacity.maximum-am-resource-percent", "1.0");
        configuration.set("fs.defaultFS", "file:///");
        MiniYARNCluster cluster = new MiniYARNCluster("penstock", 1, 1, 1);
        cluster.init(configuration);
        cluster.start();
        Configuration started = cluster.getConfig();
        // As on a real node, Hadoop's configuration and classes are on the class path of each container.
        String folder = new java.io.File(arguments[0]).getAbsoluteFile().getParent();
        String classes = System.getProperty("java.class.path").replace(':', ',');
        started.set("yarn.application.classpath", folder + "," + classes);
        try (OutputStream out = new FileOutputStream(arguments[0])) {
            started.writeXml(out);
        }
        Thread.currentThread().join();
    }
}
