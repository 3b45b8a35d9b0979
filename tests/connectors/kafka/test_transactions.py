"""Which transactions belong to a job. `tests/scripts/commands/test_txn.py` lists and aborts those of a real Kafka."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any

import pytest
from kafka import TopicPartition
from kafka.errors import TopicAuthorizationFailedError

from penstock.connectors.kafka import transactions
from penstock.connectors.kafka.transactions import OpenTransaction, Writer, open_transactions, writers

STATES = {
    "a-sink-1": "Ongoing",
    "a-sink-2": "Empty",
    "a-sink-3": "PrepareCommit",
    "ab-sink-1": "Ongoing",
    "a": "Ongoing",
}
NOON = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)
NOON_MS = int(NOON.timestamp()) * 1000


class Brokers:
    """An admin client of two brokers, each of which knows some of the transactions of `STATES`."""

    def __init__(self, may_describe: bool = True) -> None:
        self.may_describe = may_describe

    def list_transactions(self, state_filters: Sequence[str] | None) -> dict[int, list[Any]]:
        found = [
            SimpleNamespace(transactional_id=name, producer_id=number)
            for number, (name, state) in enumerate(STATES.items())
            if state_filters is None or state in state_filters
        ]
        return {1: found[::2], 2: found[1::2]}

    def describe_transactions(self, ids: Sequence[str]) -> dict[str, Any]:
        assert ids
        partitions = [TopicPartition("t", 10), TopicPartition("t", 2)]
        one = SimpleNamespace(
            transaction_start_time_ms=NOON_MS, transaction_timeout_ms=1500, topic_partitions=partitions
        )
        unknown = SimpleNamespace(transaction_start_time_ms=-1, transaction_timeout_ms=900_000, topic_partitions=[])
        return {name: unknown if name == "a" else one for name in ids}

    def describe_topics(self, topics: Sequence[str]) -> list[dict[str, Any]]:
        if not self.may_describe:
            raise TopicAuthorizationFailedError
        return [{"partitions": [{"partition_index": 0}, {"partition_index": 1}]} for _ in topics]

    def describe_producers(self, parts: Sequence[TopicPartition]) -> dict[TopicPartition, Any]:
        last = {0: NOON_MS - 5000, 1: NOON_MS}
        return {
            part: SimpleNamespace(
                active_producers=[SimpleNamespace(producer_id=0, last_timestamp=last[part.partition])]
            )
            for part in parts
        }

    def close(self) -> None:
        """Nothing to close."""


@pytest.fixture
def brokers(monkeypatch: pytest.MonkeyPatch) -> Brokers:
    """The brokers that answer in a test."""
    found = Brokers()
    monkeypatch.setattr(transactions, "admin", lambda *_: found)
    return found


@pytest.mark.usefixtures("brokers")
@pytest.mark.parametrize(
    ("prefix", "ids"),
    [("a", ["a-sink-1"]), ("ab", ["ab-sink-1"]), ("", ["a", "a-sink-1", "ab-sink-1"]), ("a-sink-1", []), ("x", [])],
)
def test_a_prefix_selects_the_open_transactions_of_one_job_alone(prefix: str, ids: list[str]) -> None:
    assert [one.id for one in open_transactions("b:1", prefix)] == ids


@pytest.mark.usefixtures("brokers")
def test_an_open_transaction_has_its_begin_its_timeout_and_its_partitions() -> None:
    unknown, known, _ = open_transactions("b:1")
    assert known == OpenTransaction("a-sink-1", NOON, 1.5, ["t-10", "t-2"])
    assert unknown == OpenTransaction("a", None, 900.0, [])


@pytest.mark.usefixtures("brokers")
def test_the_writers_of_a_job_are_known_with_their_last_row_in_any_partition() -> None:
    assert writers("b:1", "a", ["t"]) == [
        Writer("a-sink-1", True, NOON), Writer("a-sink-2", False, None), Writer("a-sink-3", True, None)
    ]  # fmt: skip
    assert writers("b:1", "x", ["t"]) == []


def test_writers_are_known_without_the_permission_to_describe_the_topic(brokers: Brokers) -> None:
    brokers.may_describe = False
    assert [(one.id, one.open, one.wrote) for one in writers("b:1", "ab", ["t"])] == [("ab-sink-1", True, None)]
