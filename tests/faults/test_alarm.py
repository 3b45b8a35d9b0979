"""A job can lose the transaction of a completed checkpoint and continue to run: `status` reports that, and only that."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from brokers import Stack
from jobs_on_kafka import Producer, create_topics, write_job

from penstock.connectors.kafka.transactions import abort, open_transactions
from penstock.scripts.flink.client import Flink
from penstock.scripts.stack.flink import FlinkCluster
from tests.faults import watch

pytestmark = pytest.mark.slow

ATTEMPTS = 12


@pytest.fixture(autouse=True)
def whole(flink_cluster: FlinkCluster) -> Iterator[None]:
    """Leave the cluster that other tests use as it was."""
    yield
    flink = Flink(str(flink_cluster.address))
    for job in flink.jobs():
        if job.live:
            flink.cancel(job.id)
    _relaunch(flink_cluster)
    until = time.monotonic() + 60
    while flink_cluster.slots() != (8, 8):
        assert time.monotonic() < until, f"slots: {flink_cluster.slots()}"
        time.sleep(0.2)


def test_a_transaction_that_was_aborted_before_it_was_committed(stack: Stack, topic: Callable[..., str]) -> None:
    name = "alarm"
    create_topics(topic, name)
    job = write_job(stack.folder / "job.yaml", name, job=[{"uppercase_filter": {"column": "user"}}])
    stack.json("submit", job)
    with Producer(stack.kafka, name, rate=500):
        stack.until(lambda: (stack.json_any("status", name)["rows"]["out"] or 0) > 100)
        assert stack.json_any("status", name)["failed_committables"] == 0
        for _ in range(ATTEMPTS):
            _strike(stack, name)
            found = stack.json_any("status", name)
            if found["failed_committables"]:
                break
        else:
            raise AssertionError(f"after {ATTEMPTS} attempts no transaction was lost: the test shows nothing")
        done = stack.penstock("status", name)
    assert done.returncode == 1
    assert (
        "transactions of completed checkpoints could not be committed: their rows may be lost (read so far: alarm-0 up to "
        in done.stdout
    )


def test_a_second_producer_with_our_ids_loses_nothing_or_is_reported(
    stack: Stack, topic: Callable[..., str], committed: Callable[[str], list[Any]]
) -> None:
    """Fence the job's own producers: the job fails, often with its whole TaskManager, restarts, and uses its ids again."""
    name = "fenced"
    create_topics(topic, name)
    job = write_job(stack.folder / "job.yaml", name, job=[{"uppercase_filter": {"column": "user"}}])
    stack.json("submit", job)
    with Producer(stack.kafka, name, rate=200) as producer:
        for _ in range(3):
            stack.until(lambda: open_transactions(stack.kafka, f"{name}-sink_1"))
            abort(stack.kafka, [one.id for one in open_transactions(stack.kafka, f"{name}-sink_1")])
            _recovered(stack, name, time.time())
    _recovered(stack, name, time.time() + 1)
    found = stack.json_any("status", name)
    numbers = [json.loads(record.value)["n"] for record in committed(f"{name}-sums")]
    assert len(numbers) == len(set(numbers))
    assert len(numbers) == producer.sent or found["failed_committables"]


def _relaunch(cluster: FlinkCluster) -> None:
    """Restart a TaskManager that has ended, as the supervisor of a real cluster does."""
    for service in cluster.services():
        if not service.alive:
            cluster.launch(service.name)


def _recovered(stack: Stack, name: str, since: float) -> None:
    """Wait for a checkpoint that began after `since`."""

    def again() -> object:
        _relaunch(stack.cluster)
        return watch.checkpoint_since(Flink(stack.flink), name, since)

    stack.until(again)


def _strike(stack: Stack, name: str) -> None:
    """Kill the TaskManager between a checkpoint and its commit, and abort the transactions that it has prepared."""
    watch.await_checkpoint(stack.cluster.folder / "checkpoints", "_metadata")
    [busy] = watch.busy(Flink(stack.flink))
    stack.cluster.kill(busy)
    abort(stack.kafka, [one.id for one in open_transactions(stack.kafka, f"{name}-sink_1")])
    stack.cluster.launch(busy)
    _recovered(stack, name, time.time())
