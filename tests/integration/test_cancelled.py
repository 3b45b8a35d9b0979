"""A cancelled exactly-once job leaves no reader waiting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from brokers import Stack
from jobs_on_kafka import CLOSING, Producer, create_topics, send, wanted, write_job, written

from penstock.connectors.kafka.transactions import open_transactions

pytestmark = pytest.mark.slow


def test_its_open_transactions_are_aborted_and_it_goes_on_from_its_last_checkpoint(
    stack: Stack, topic: Callable[..., str], committed: Callable[[str], list[Any]]
) -> None:
    name = "cancelled"
    create_topics(topic, name)
    job = write_job(stack.folder / "job.yaml", name)
    stack.json("submit", job)
    with Producer(stack.kafka, name) as producer:
        stack.until(lambda: committed_soon(stack, name))
        done = stack.penstock("stop", name, "--cancel", "--yes")
        assert done.returncode == 0, done.stderr
        assert open_transactions(stack.kafka, f"{name}-sink_1") == []
        stack.json("resume", name)
    send(stack.kafka, name, range(CLOSING, CLOSING + 1))
    expected: Counter[str] = wanted(job, range(producer.sent))
    stack.until(lambda: sum(written(committed(f"{name}-sums")).values()) >= sum(expected.values()))
    stack.json("stop", name)
    assert written(committed(f"{name}-sums")) == expected


def committed_soon(stack: Stack, name: str) -> bool:
    """Whether the job has written something with a checkpoint, and continues to write: then a transaction is open."""
    return bool(
        (stack.json("status", name)["rows"]["out"] or 0) > 20 and open_transactions(stack.kafka, f"{name}-sink_1")
    )
