from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from brokers import Stack
from kafka import KafkaProducer
from small_job import small_job


@contextmanager
def left_open(kafka: str, transactional_id: str, topic: str) -> Iterator[KafkaProducer]:
    """A transaction that nobody ends."""
    with closing(KafkaProducer(bootstrap_servers=kafka, transactional_id=transactional_id)) as producer:
        producer.init_transactions()
        producer.begin_transaction()
        producer.send(topic, b"half").get(timeout=30)
        yield producer


def test_transactions_that_a_dead_job_left_are_listed_and_aborted(
    stack: Stack, topic: Callable[..., str], committed: Callable[[str], list[Any]]
) -> None:
    name = topic("txn-out")
    with left_open(stack.kafka, "gone-sink_1-0-1", name):
        [one] = json.loads(stack.penstock("txn", "list", "--job", "gone", "--output", "json").stdout)
        assert (one["id"], one["job"], one["partitions"]) == ("gone-sink_1-0-1", "gone", ["txn-out-0"])
        header, line = stack.penstock("txn", "list", "--job", "gone").stdout.splitlines()
        assert re.split("  +", header) == ["id", "job", "open for", "at most", "partitions"]
        assert re.split("  +", line)[:2] + re.split("  +", line)[3:] == [
            "gone-sink_1-0-1", "gone", "1 min", "txn-out-0"
        ]  # fmt: skip
        assert stack.penstock("txn", "abort", "--job", "gone").stdout == "1 aborted\n"
        assert json.loads(stack.penstock("txn", "list", "--job", "gone", "--output", "json").stdout) == []
        assert committed(name) == []
    assert stack.penstock("txn", "abort", "--job", "gone").stdout == "no open transactions\n"


def test_transactions_of_a_running_job_are_not_aborted(stack: Stack, topic: Callable[..., str]) -> None:
    name = topic("txn-live")
    stack.json("submit", small_job(stack.folder, "alive"))
    with left_open(stack.kafka, "alive-sink_1-0-1", name):
        rejected = stack.penstock("txn", "abort", "--job", "alive")
        assert rejected.returncode == 1
        assert "alive runs at" in rejected.stderr
        assert "penstock stop alive first" in rejected.stderr
        assert stack.penstock("txn", "abort", "alive-sink_1-0-1", "--force").stdout == "1 aborted\n"


def test_an_id_without_an_open_transaction_is_an_error(stack: Stack) -> None:
    rejected = stack.penstock("txn", "abort", "nobody-sink_1-0-1", "--force")
    assert (rejected.returncode, "nobody-sink_1-0-1 has no open transaction" in rejected.stderr) == (1, True)
    assert stack.penstock("txn", "abort").returncode == 2
