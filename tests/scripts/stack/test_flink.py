"""What a cluster of the stack knows of itself, with programs of the test in place of Flink's. With Flink:
tests/scripts/commands/test_stack.py."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from answers import answering

from penstock.connectors.config.problems import RunError
from penstock.scripts.stack.flink import FlinkCluster
from penstock.scripts.stack.flink_config import Layout


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[FlinkCluster]:
    found = FlinkCluster(tmp_path)
    yield found
    found.stop()


def saved(cluster: FlinkCluster, *ports: int, zookeeper: int | None = None) -> Layout:
    """Write the layout of a cluster with JobManagers at these ports and two TaskManagers."""
    layout = Layout(cluster.folder, ports, 6123, 2, 2, zookeeper, ("http://login/t",))
    cluster.folder.mkdir(parents=True)
    (cluster.folder / "cluster.json").write_text(json.dumps({**layout.__dict__, "folder": str(cluster.folder)}))
    return layout


def started(cluster: FlinkCluster, *names: str) -> None:
    for service in cluster.services():
        if service.name in names:
            service.start(["sleep", "300"], os.environ, 8081)


def test_a_folder_without_a_cluster_has_nothing(cluster: FlinkCluster) -> None:
    assert (cluster.layout, cluster.services(), cluster.address, cluster.slots(), cluster.stop()) == (
        None, [], None, None, False
    )  # fmt: skip
    with pytest.raises(RunError) as caught:
        cluster.launch("taskmanager-1")
    assert str(caught.value) == (
        f"stack: no Flink cluster exists in {cluster.folder}\n  do       run penstock stack up"
    )


def test_the_layout_is_read_as_it_was_written(cluster: FlinkCluster) -> None:
    assert saved(cluster, 8081, 8082, zookeeper=2181) == cluster.layout


def test_a_damaged_layout_counts_as_none(cluster: FlinkCluster) -> None:
    saved(cluster, 8081)
    (cluster.folder / "cluster.json").write_text("{")
    assert cluster.layout is None


def test_programs_are_listed_in_the_order_in_which_they_start(cluster: FlinkCluster) -> None:
    saved(cluster, 8081, 8082, zookeeper=2181)
    assert [service.name for service in cluster.services()] == [
        "zookeeper", "jobmanager-1", "jobmanager-2", "taskmanager-1", "taskmanager-2"
    ]  # fmt: skip


def test_the_address_is_that_of_the_first_jobmanager_that_runs(cluster: FlinkCluster) -> None:
    saved(cluster, 8081, 8082, zookeeper=2181)
    started(cluster, "zookeeper", "taskmanager-1")
    assert cluster.address is None
    started(cluster, "jobmanager-2")
    assert cluster.address == "http://127.0.0.1:8082"
    started(cluster, "jobmanager-1")
    assert cluster.address == "http://127.0.0.1:8081"
    cluster.kill("jobmanager-1")
    assert cluster.address == "http://127.0.0.1:8082"


def test_slots_are_asked_for_and_unknown_while_nothing_answers(cluster: FlinkCluster) -> None:
    with answering({"GET /overview": {"slots-available": 3, "slots-total": 4}}) as server:
        saved(cluster, urlsplit(server.address).port or 0)
        started(cluster, "jobmanager-1")
        assert cluster.slots() == (3, 4)
    assert cluster.slots() is None


def test_the_jobs_that_run_are_named_and_none_while_nothing_answers(cluster: FlinkCluster) -> None:
    states = {"b": "RESTARTING", "a": "RUNNING", "c": "FINISHED"}
    jobs = [{"name": name, "state": state} for name, state in states.items()]
    assert cluster.running_jobs() == []
    with answering({"GET /jobs/overview": {"jobs": jobs}}) as server:
        saved(cluster, urlsplit(server.address).port or 0)
        started(cluster, "jobmanager-1")
        assert cluster.running_jobs() == ["a", "b"]
        server.by["GET /jobs/overview"] = "no JSON"
        assert cluster.running_jobs() == []
    assert cluster.running_jobs() == []


def test_a_cluster_that_runs_keeps_its_port(cluster: FlinkCluster) -> None:
    saved(cluster, 8081)
    started(cluster, "jobmanager-1")
    with pytest.raises(RunError) as caught:
        cluster.start(port=8090)
    assert str(caught.value) == (
        "stack: Flink is already running at http://127.0.0.1:8081\n"
        "  do       run penstock stack down first, or omit --rest-port"
    )


def test_stop_ends_every_program_and_forgets_the_layout(cluster: FlinkCluster) -> None:
    saved(cluster, 8081)
    started(cluster, "jobmanager-1", "taskmanager-1")
    services = cluster.services()
    (cluster.folder / "tmp").mkdir()
    (cluster.folder / "savepoints").mkdir()
    assert cluster.stop()
    assert [service.alive for service in services] == [False, False, False]
    assert cluster.layout is None
    assert ((cluster.folder / "tmp").exists(), (cluster.folder / "savepoints").exists()) == (False, True)
