from __future__ import annotations

from pathlib import Path

import yaml

from penstock.scripts.stack import flink_config
from penstock.scripts.stack.flink_config import Layout

LAYOUT = Layout(Path("/s/flink"), (8081,), 6123, 2, 3)


def test_every_address_is_the_loopback_address() -> None:
    options = flink_config.settings(LAYOUT)
    hosts = {key: value for key, value in options.items() if key.endswith((".host", "-host", ".address", "-address"))}
    assert hosts == dict.fromkeys(
        (
            "jobmanager.rpc.address", "jobmanager.bind-host", "taskmanager.host", "taskmanager.bind-host",
            "rest.address", "rest.bind-address",
        ),
        "127.0.0.1",
    )  # fmt: skip


def test_no_jar_can_be_uploaded_and_no_other_page_may_ask() -> None:
    options = flink_config.settings(LAYOUT)
    assert options["web.submit.enable"] == "false"
    assert options["web.access-control-allow-origin"] == "http://127.0.0.1:8081"


def test_state_is_kept_in_the_folder_of_the_stack() -> None:
    options = flink_config.settings(LAYOUT)
    assert options["execution.checkpointing.dir"] == "file:///s/flink/checkpoints"
    assert options["execution.checkpointing.savepoint-dir"] == "file:///s/flink/savepoints"
    assert (options["taskmanager.numberOfTaskSlots"], options["jobmanager.rpc.port"]) == ("3", "6123")


def test_two_jobmanagers_are_elected_by_zookeeper_and_one_is_not() -> None:
    one = flink_config.settings(LAYOUT)
    two = flink_config.settings(Layout(Path("/s/flink"), (8081, 8082), 6123, 2, 3, zookeeper=2181))
    assert not [key for key in one if key.startswith("high-availability")]
    assert two["high-availability.type"] == "zookeeper"
    assert two["high-availability.zookeeper.quorum"] == "127.0.0.1:2181"
    assert two["high-availability.storageDir"] == "file:///s/flink/ha"


def test_the_memory_of_flink_and_the_limits_of_the_jvm_are_equal() -> None:
    sizes = {key.removeprefix("taskmanager.memory."): value for key, value in flink_config.memory().items()}
    mib = {key: int(value.removesuffix("m")) for key, value in sizes.items() if value.endswith("m")}
    heap = mib["framework.heap.size"] + mib["task.heap.size"]
    direct = mib["framework.off-heap.size"] + mib["task.off-heap.size"] + mib["network.max"]
    assert flink_config.java_options()[:3] == [
        f"-Xmx{heap}m",
        f"-XX:MaxDirectMemorySize={direct}m",
        f"-XX:MaxMetaspaceSize={mib['jvm-metaspace.size']}m",
    ]
    assert flink_config.java_options(256)[0] == "-Xmx256m"


def test_the_options_that_flink_requires_of_java_are_its_own() -> None:
    found = flink_config.module_options()
    assert "--add-opens=java.base/java.util=ALL-UNNAMED" in found
    assert {option.split("=")[0] for option in found} == {"--add-opens", "--add-exports"}


def test_options_are_written_as_text_that_yaml_does_not_change(tmp_path: Path) -> None:
    options = {"a.b": "10 s", "c": "1", "d": "false", "e": "x: y"}
    flink_config.write(tmp_path / "conf", options)
    assert yaml.safe_load((tmp_path / "conf/config.yaml").read_text()) == options


def test_the_log_hides_the_environment_of_python_workers(tmp_path: Path) -> None:
    flink_config.write(tmp_path, {})
    lines = (tmp_path / "log4j.properties").read_text().splitlines()
    assert "logger.beam.name = org.apache.beam.runners.fnexecution.control.DefaultJobBundleFactory" in lines
    assert "logger.beam.level = OFF" in lines
