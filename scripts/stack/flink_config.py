"""The Flink configuration of the local stack: fast recovery, and no access from other machines."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from penstock.connectors.runtime.home import flink_home

HOST = "127.0.0.1"
# Each writer of the Kafka connector (5.0.0-2.2) leaks an admin thread, which references its class loader. With the connector in the class
# loader of the job, a TaskManager runs out of metaspace after about 25 submissions. Therefore Flink's class loader loads the connector.
PARENT_FIRST = "org.apache.flink.kafka.;org.apache.flink.connector.kafka.;org.apache.flink.streaming.connectors.kafka."
# Heap, direct memory and metaspace of one TaskManager, in MiB. Flink requires a value for each part and matching JVM options.
_HEAP, _FRAMEWORK_HEAP, _OFF_HEAP, _NETWORK, _MANAGED, _METASPACE = 512, 128, 192, 96, 128, 320


@dataclass(frozen=True)
class Layout:
    """The components of the cluster. With `zookeeper` (its port) the cluster has two JobManagers, one of them the leader. Kafka clients may
    request tokens from the OAuth endpoints `token_urls`."""

    folder: Path
    rest_ports: tuple[int, ...]
    rpc_port: int
    taskmanagers: int
    slots: int
    zookeeper: int | None = None
    token_urls: tuple[str, ...] = ()


def settings(layout: Layout) -> dict[str, str]:
    """Return the Flink options that every JobManager and TaskManager shares."""
    rest = layout.rest_ports[0]
    options = {
        "jobmanager.rpc.address": HOST,
        "jobmanager.rpc.port": str(layout.rpc_port),
        "jobmanager.bind-host": HOST,
        "taskmanager.host": HOST,
        "taskmanager.bind-host": HOST,
        "taskmanager.numberOfTaskSlots": str(layout.slots),
        "rest.address": HOST,
        "rest.bind-address": HOST,
        "rest.port": str(rest),
        "execution.checkpointing.dir": (layout.folder / "checkpoints").as_uri(),
        "execution.checkpointing.savepoint-dir": (layout.folder / "savepoints").as_uri(),
        "io.tmp.dirs": str(layout.folder / "tmp"),
        "blob.storage.directory": str(layout.folder / "tmp"),
        "python.executable": sys.executable,
        "python.client.executable": sys.executable,
        "parallelism.default": "1",
        "web.refresh-interval": "500",
        "metrics.fetcher.update-interval": "1000",
        # Flink waits this long (10 min by default) for a killed TaskManager before it fetches metrics again.
        "web.timeout": "10 s",
        "classloader.parent-first-patterns.additional": PARENT_FIRST,
    }
    return options | _recovery() | _closed(layout) | (_ha(layout) if layout.zookeeper else {})


def _recovery() -> dict[str, str]:
    """Return options that detect a killed TaskManager after 4 s instead of 50 s, and restart the job at once with a growing delay."""
    return {
        "heartbeat.interval": "500 ms",
        "heartbeat.timeout": "4 s",
        "heartbeat.rpc-failure-threshold": "2",
        "restart-strategy.type": "exponential-delay",
        "restart-strategy.exponential-delay.initial-backoff": "200 ms",
        "restart-strategy.exponential-delay.max-backoff": "5 s",
        "restart-strategy.exponential-delay.attempts-before-reset-backoff": "2147483647",
        "restart-strategy.exponential-delay.reset-backoff-threshold": "60 s",
        "slot.idle.timeout": "10 s",
        "taskmanager.registration.timeout": "30 s",
        "cluster.registration.error-delay": "1 s",
        "cluster.registration.refused-registration-delay": "2 s",
    }


def _closed(layout: Layout) -> dict[str, str]:
    """Return options that disable jar uploads through the web page and deny pages of other sites access to the REST API."""
    return {
        "web.submit.enable": "false",
        "web.access-control-allow-origin": f"http://{HOST}:{layout.rest_ports[0]}",
        "web.upload.dir": str(layout.folder / "tmp"),
    }


def _ha(layout: Layout) -> dict[str, str]:
    return {
        "high-availability.type": "zookeeper",
        "high-availability.zookeeper.quorum": f"{HOST}:{layout.zookeeper}",
        "high-availability.storageDir": (layout.folder / "ha").as_uri(),
        "high-availability.cluster-id": "/penstock",
        "high-availability.zookeeper.client.session-timeout": "6 s",
        "high-availability.zookeeper.client.connection-timeout": "5 s",
        "high-availability.zookeeper.client.retry-wait": "1 s",
    }


def memory() -> dict[str, str]:
    """Return the memory options of a TaskManager."""
    sizes = {
        "framework.heap.size": _FRAMEWORK_HEAP,
        "task.heap.size": _HEAP - _FRAMEWORK_HEAP,
        "framework.off-heap.size": _OFF_HEAP // 2,
        "task.off-heap.size": _OFF_HEAP - _OFF_HEAP // 2,
        "network.min": _NETWORK,
        "network.max": _NETWORK,
        "managed.size": _MANAGED,
        "jvm-metaspace.size": _METASPACE,
        "jvm-overhead.min": 192,
        "jvm-overhead.max": 192,
    }
    return {f"taskmanager.memory.{name}": f"{size}m" for name, size in sizes.items()} | {"taskmanager.cpu.cores": "1.0"}


def java_options(heap: int = _HEAP) -> list[str]:
    """Return the JVM options that match `memory`, and those that Flink requires on Java 17 and later."""
    direct = _OFF_HEAP + _NETWORK
    limits = [f"-Xmx{heap}m", f"-XX:MaxDirectMemorySize={direct}m", f"-XX:MaxMetaspaceSize={_METASPACE}m"]
    return [*limits, "-XX:+UseSerialGC", *module_options()]


def module_options() -> list[str]:
    """Return the module options that Flink requires on Java 17 and later, from Flink's own configuration."""
    with (flink_home() / "conf" / "config.yaml").open(encoding="utf-8") as file:
        return str(yaml.safe_load(file)["env"]["java"]["opts"]["all"]).split()


def write(folder: Path, options: Mapping[str, str]) -> None:
    """Write a configuration folder with Flink's options and the log configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "config.yaml").open("w", encoding="utf-8") as file:
        yaml.safe_dump(dict(options), file)
    (folder / "log4j.properties").write_text(_LOG4J, encoding="utf-8")


# Beam logs all environment variables of each Python worker at INFO, and at WARN when a worker could not be stopped. They may contain
# secrets.
# Kafka's committer registers a metric again with each checkpoint, and Flink logs a warning each time.
_LOG4J = """\
rootLogger.level = INFO
rootLogger.appenderRef.console.ref = Console
appender.console.name = Console
appender.console.type = CONSOLE
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{yyyy-MM-dd HH:mm:ss,SSS} %-5p %-60c %x - %m%n
logger.kafka.name = org.apache.flink.kafka.shaded.org.apache.kafka
logger.kafka.level = WARN
logger.zookeeper.name = org.apache.flink.shaded.zookeeper3
logger.zookeeper.level = WARN
logger.curator.name = org.apache.flink.shaded.curator5
logger.curator.level = WARN
logger.beam.name = org.apache.beam.runners.fnexecution.control.DefaultJobBundleFactory
logger.beam.level = OFF
logger.metrics.name = org.apache.flink.metrics.MetricGroup
logger.metrics.level = ERROR
logger.python.name = PythonWorker
logger.python.level = INFO
"""
