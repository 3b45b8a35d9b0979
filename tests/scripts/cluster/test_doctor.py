"""Findings from the answers of a cluster. With a real cluster and its Python workers: tests/scripts/commands/test_doctor.py."""

from __future__ import annotations

import platform
from types import SimpleNamespace
from typing import Any

import pytest
from answers import answering

from penstock.connectors.base.finding import Finding
from penstock.connectors.runtime.home import flink_line, flink_version
from penstock.connectors.runtime.jars import LOCK, locked
from penstock.scripts.cluster import doctor
from penstock.scripts.flink.client import Flink
from penstock.scripts.stack.flink_config import PARENT_FIRST

[(_COORDINATES, _)] = locked("kafka")
CONNECTOR, VERSION = _COORDINATES.split(":")[1:3]
JVM = {
    "version": "OpenJDK 64-Bit - Eclipse/17.0.9+9",
    "arch": platform.machine(),
    "options": ["--add-opens=a/b=ALL-UNNAMED"],
}
GOOD: dict[str, Any] = {
    "GET /config": {"flink-version": flink_version(), "features": {"web-submit": False}},
    "GET /jobmanager/environment": {
        "jvm": JVM, "classpath": [f"/lib/{CONNECTOR}-{VERSION}.jar", f"/opt/flink-python-{flink_version()}.jar", "/lib/log4j.jar"],
    },
    "GET /overview": {"slots-available": 3, "slots-total": 4, "taskmanagers": 2},
    "GET /jobmanager/config": [
        {"key": "execution.checkpointing.dir", "value": "s3://b/c"},
        {"key": "execution.checkpointing.savepoint-dir", "value": "s3://b/s"},
        {"key": "high-availability.type", "value": "zookeeper"},
    ],
}  # fmt: skip


def findings(changes: dict[str, Any]) -> list[Finding]:
    with answering(GOOD | changes) as server:
        jobs: Any = SimpleNamespace(flink=Flink(server.address))
        return list(doctor.findings(jobs, run_python=False))


def bad(changes: dict[str, Any]) -> list[Finding]:
    """The findings that are not ok."""
    return [one for one in findings(changes) if one.state != "ok"]


def environment(jvm: dict[str, Any] | None = None, *classpath: str) -> dict[str, Any]:
    usual = GOOD["GET /jobmanager/environment"]
    return {
        "GET /jobmanager/environment": {"jvm": JVM | (jvm or {}), "classpath": list(classpath) or usual["classpath"]}
    }


def config(**options: str | None) -> dict[str, Any]:
    """The answer with these options changed, or left out where they are None. `__` stands for a dot, `_` for a hyphen."""
    usual = {entry["key"]: entry["value"] for entry in GOOD["GET /jobmanager/config"]}
    named = {key.replace("__", ".").replace("_", "-"): value for key, value in options.items()}
    return {"GET /jobmanager/config": [{"key": k, "value": v} for k, v in (usual | named).items() if v is not None]}


def test_a_cluster_that_is_set_up_well_has_only_good_findings() -> None:
    assert findings({}) == [
        Finding("ok", "Flink", flink_version()),
        Finding("ok", "Java", f"17, {platform.machine()}"),
        Finding("ok", CONNECTOR, VERSION),
        Finding("ok", "flink-python", flink_version()),
        Finding("ok", "slots", "3 of 4 free, 2 TaskManagers"),
        Finding("ok", "checkpoints", "s3://b/c"),
        Finding("ok", "high availability", "zookeeper"),
        Finding("ok", "REST upload", "closed"),
    ]


@pytest.mark.parametrize(("version", "state"), [(f"{flink_line()}.99", "warn"), ("1.20.1", "bad")])
def test_another_patch_of_flink_is_a_warning_and_another_version_is_bad(version: str, state: str) -> None:
    assert bad({"GET /config": {"flink-version": version}})[0] == Finding(
        state, "Flink", f"{version}; here {flink_version()}", f"pip install 'apache-flink=={version}'"
    )


def test_what_is_not_a_flink_is_the_only_finding() -> None:
    with answering({"GET /config": {}}) as server:
        jobs: Any = SimpleNamespace(flink=Flink(server.address))
        [found] = doctor.findings(jobs, run_python=False)
    head = f"what answers at {server.address} is not a Flink REST interface"
    assert found == Finding("bad", "REST", head, "start it, or correct the target's address")


@pytest.mark.parametrize(
    ("jvm", "finding"),
    [
        (
            {"version": "OpenJDK - Oracle/11.0.2"},
            Finding("bad", "Java", f"11, {platform.machine()}", "run Flink on Java 17 or 21"),
        ),
        (
            {"options": ["-Xmx1g"]},
            Finding(
                "bad", "Java options", "no --add-opens",
                "add to Flink's own config.yaml instead of replacing it (env.java.opts.all)",
            ),
        ),
        (
            {"arch": "sparc"},
            Finding(
                "warn", "machine", f"sparc; here {platform.machine()}", "pack Python environments on a machine like theirs"
            ),
        ),
    ],
)  # fmt: skip
def test_a_java_that_flink_or_packed_environments_do_not_suit_is_found(jvm: dict[str, Any], finding: Finding) -> None:
    assert bad(environment(jvm)) == [finding]


@pytest.mark.parametrize("name", [("amd64", "x86_64"), ("aarch64", "arm64")])
def test_two_names_of_one_architecture_are_the_same(name: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: name[0])
    assert bad(environment({"arch": name[1]})) == []


def test_a_missing_connector_and_another_version_of_it_are_found() -> None:
    assert bad(environment(None, "/lib/log4j.jar")) == [
        Finding(
            "warn", CONNECTOR, "not in the cluster's lib/: each start of a job leaves its classes behind",
            f"put it into lib/, with classloader.parent-first-patterns.additional: {PARENT_FIRST}; "
            "else restart TaskManagers now and then",
        )
    ]  # fmt: skip
    assert bad(environment(None, f"/lib/{CONNECTOR}-1.0.jar")) == [
        Finding("bad", CONNECTOR, "1.0", f"put {VERSION} there instead: jobs are made for it ({LOCK.name})")
    ]


def test_another_version_of_flink_python_and_an_unknown_connector_are_found() -> None:
    ours = f"/lib/{CONNECTOR}-{VERSION}.jar"
    jars = (
        ours,
        "/opt/flink-python-1.0.jar",
        "/lib/flink-connector-jdbc-3.2.jar",
        "/lib/flink-connector-files-2.0.jar",
    )
    assert bad(environment(None, *jars)) == [
        Finding("bad", "flink-python", "1.0", f"put flink-python-{flink_version()}.jar into its lib/"),
        Finding(
            "warn", "flink-connector-jdbc", "3.2, in the cluster's lib/", "see that no job brings another version of it"
        ),
    ]


@pytest.mark.parametrize(
    ("overview", "found", "do"),
    [
        ((0, 4, 2), "0 of 4 free, 2 TaskManagers", "stop a job, or add TaskManagers"),
        (
            (2, 2, 1),
            "2 of 2 free, 1 TaskManagers",
            "keep a spare TaskManager: when the only one dies, every job waits until it is back",
        ),
    ],
)
def test_a_cluster_without_spare_room_is_a_warning(overview: tuple[int, int, int], found: str, do: str) -> None:
    answer = dict(zip(("slots-available", "slots-total", "taskmanagers"), overview, strict=True))
    assert bad({"GET /overview": answer}) == [Finding("warn", "slots", found, do)]


def test_state_that_would_be_lost_with_a_process_is_found() -> None:
    options = {
        "execution__checkpointing__dir": None, "execution__checkpointing__savepoint_dir": None,
        "high_availability__type": None, "restart_strategy__type": "none",
    }  # fmt: skip
    assert [(one.state, one.what, one.do) for one in bad(config(**options))] == [
        ("bad", "checkpoints", "set execution.checkpointing.dir in its config.yaml"),
        ("warn", "savepoints", "set execution.checkpointing.savepoint-dir, or savepoints in the target"),
        ("warn", "high availability", "set high-availability.type"),
        ("bad", "restarts", "set restart-strategy.type: exponential-delay"),
    ]


def test_the_older_names_of_the_folders_count_too() -> None:
    older = {
        "execution__checkpointing__dir": None, "execution__checkpointing__savepoint_dir": None,
        "state__checkpoints__dir": "hdfs:///c", "state__savepoints__dir": "hdfs:///s",
    }  # fmt: skip
    assert bad(config(**older)) == []


def test_an_open_upload_is_a_warning() -> None:
    answer = {"flink-version": flink_version(), "features": {"web-submit": True}}
    assert bad({"GET /config": answer}) == [
        Finding(
            "warn", "REST upload", "open: anyone who can connect to it can run any code there",
            "set web.submit.enable: false",
        )
    ]  # fmt: skip
