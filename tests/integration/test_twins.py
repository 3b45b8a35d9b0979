"""Two stacks on one Kafka, which share no ledger and no Flink."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from brokers import Stack
from kafka import KafkaConsumer
from small_job import small_job

from penstock.connectors.kafka.transactions import readers, writers
from penstock.scripts.stack.flink import FlinkCluster

pytestmark = pytest.mark.slow


@pytest.fixture
def other(stack: Stack, tmp_path: Path) -> Iterator[Stack]:
    """Another session cluster with another ledger, on the same Kafka."""
    (tmp_path / "other").mkdir()
    cluster = FlinkCluster(tmp_path / "other/stack")
    yield Stack(stack.kafka, cluster.start(0, taskmanagers=1), tmp_path / "other", cluster)
    cluster.stop()


def _writes(folder: Path, kafka: str, topic: str) -> Path:
    sink = {"bootstrap": kafka, "topic": topic, "guarantee": "exactly_once"}
    return small_job(folder, "twin", sink={"kafka": sink})


def test_a_job_of_a_name_that_runs_at_another_stack_is_rejected(
    stack: Stack, other: Stack, topic: Callable[..., str]
) -> None:
    name = topic("twin-out")
    stack.json("submit", _writes(stack.folder, stack.kafka, name))
    stack.until(lambda: any(one.wrote for one in writers(stack.kafka, "twin-sink_1", [name])))
    job = _writes(other.folder, stack.kafka, name)
    beside = other.penstock("run", job, "--timeout", "1")
    assert beside.returncode == 0, beside.stderr
    assert beside.stderr.startswith("twin: warning: this job also runs on a cluster (twin-sink_1-"), beside.stderr
    rejected = other.penstock("submit", job)
    assert rejected.returncode == 1
    lines = rejected.stderr.splitlines()
    assert lines[0] == "twin: the brokers show that a job of this name runs, and this ledger does not know it"
    assert "twin-sink_1-" in lines[1]
    assert "--force" in lines[-1]
    assert (len(stack.live("twin")), other.live("twin")) == (1, [])
    stack.json("stop", "twin")
    assert other.json("submit", job, "--force")["state"] == "RUNNING"
    other.json("stop", "twin")
    assert other.json("resume", "twin")["state"] == "RUNNING"  # its own traces are no stranger's


def test_a_group_with_members_is_seen(kafka: str, topic: Callable[..., str]) -> None:
    name = topic("twin-in")
    assert readers(kafka, "twins") == []
    consumer = KafkaConsumer(name, bootstrap_servers=kafka, group_id="twins", client_id="somebody")
    try:
        while not consumer.assignment():
            consumer.poll(timeout_ms=100)
        assert readers(kafka, "twins") == ["somebody"]
    finally:
        consumer.close()
    assert readers(kafka, "twins") == []
