"""`python -m penstock.scripts.flink.options` writes jobs/pipeline/flink_options.txt: Flink's options that a job file may set."""

from __future__ import annotations

import tempfile
from pathlib import Path

from penstock.connectors.runtime.home import flink_version
from penstock.jobs.pipeline.flink_settings import KNOWN, may_be_set
from penstock.scripts.jvm import gateway

_CLASSES = (
    "org.apache.flink.configuration.CheckpointingOptions",
    "org.apache.flink.configuration.NettyShuffleEnvironmentOptions",
    "org.apache.flink.configuration.PipelineOptions",
    "org.apache.flink.configuration.RestartStrategyOptions",
    "org.apache.flink.configuration.StateBackendOptions",
    "org.apache.flink.configuration.StateChangelogOptions",
    "org.apache.flink.configuration.StateLatencyTrackOptions",
    "org.apache.flink.configuration.StateRecoveryOptions",
    "org.apache.flink.configuration.StateSizeTrackOptions",
    "org.apache.flink.python.PythonOptions",
    "org.apache.flink.state.forst.ForStConfigurableOptions",
    "org.apache.flink.state.forst.ForStNativeMetricOptions",
    "org.apache.flink.state.forst.ForStOptions",
    "org.apache.flink.state.rocksdb.RocksDBConfigurableOptions",
    "org.apache.flink.state.rocksdb.RocksDBNativeMetricOptions",
    "org.apache.flink.state.rocksdb.RocksDBOptions",
    "org.apache.flink.state.rocksdb.sstmerge.RocksDBManualCompactionOptions",
    "org.apache.flink.table.api.config.ExecutionConfigOptions",
    "org.apache.flink.table.api.config.OptimizerConfigOptions",
)


def text() -> str:
    """The content of the file, read from Flink's own classes in this process's JVM."""
    from pyflink.java_gateway import get_gateway

    view = get_gateway().jvm
    loader = view.Thread.currentThread().getContextClassLoader()
    names: set[str] = set()
    for name in _CLASSES:
        for field in view.Class.forName(name, True, loader).getFields():
            if field.getType().getSimpleName() == "ConfigOption":
                option = getattr(getattr(view, name), field.getName())
                names |= {option.key(), *(old.getKey() for old in option.fallbackKeys())}
    known = sorted(name for name in names if may_be_set(name))
    return "\n".join([f"# Flink {flink_version()}, from `python -m penstock.scripts.flink.options`", *known, ""])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as logs:
        gateway.prepare(("penstock",), Path(logs))
        KNOWN.write_text(text(), encoding="utf-8")
