package org.opensearch.node;

import java.util.List;
import java.util.Map;
import org.opensearch.common.settings.Settings;
import org.opensearch.transport.Netty4Plugin;

/** One node of OpenSearch in this process: its folder and its port are the arguments. It ends with its standard input. */
public final class LocalNode extends Node {
    private LocalNode(Settings settings) {
        super(
                InternalSettingsPreparer.prepareEnvironment(settings, Map.of(), null, () -> "penstock"),
                List.of(Netty4Plugin.class),
                false);
    }

    public static void main(String[] arguments) throws Exception {
        Settings settings =
                Settings.builder()
                        .put("path.home", arguments[0])
                        .put("http.port", arguments[1])
                        .put("transport.port", "0")
                        .put("network.host", "127.0.0.1")
                        .put("discovery.type", "single-node")
                        .put("cluster.routing.allocation.disk.threshold_enabled", false)
                        .put("action.auto_create_index", false)
                        .build();
        try (LocalNode node = new LocalNode(settings)) {
            node.start();
            System.out.println("started");
            while (System.in.read() >= 0) {
                continue;
            }
        }
    }
}
