"""Findings about topics, permissions, replicas and transactions.

The brokers here are stated, because the tests have one real broker, which cannot have three replicas.
`tests/scripts/commands/test_doctor.py` reads the same findings from that one.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from penstock.connectors.base.finding import Finding
from penstock.connectors.config.problems import RunError
from penstock.connectors.config.secrets import NotHere
from penstock.connectors.kafka import diagnosis
from penstock.connectors.kafka.diagnosis import of_sink, of_source
from penstock.connectors.kafka.topics import TopicPlace


class Brokers:
    """An admin client of a cluster with the topic `t`."""

    def __init__(
        self, partitions: int = 3, replicas: int = 3, rights: tuple[str, ...] = ("READ", "WRITE"), **config: int
    ):
        self.partitions, self.replicas, self.rights = partitions, replicas, rights
        self.config = {
            "max.message.bytes": 1000,
            "min.insync.replicas": 2,
            "transaction.max.timeout.ms": 900_000,
            "transaction.state.log.replication.factor": 3,
            "transaction.state.log.num.partitions": 50,
            "transaction.state.log.min.isr": 2,
            **{name.replace("__", "."): value for name, value in config.items()},
        }

    def list_topics(self) -> list[str]:
        return ["t"]

    def describe_topics(self, names: list[str]) -> list[dict[str, Any]]:
        parts = [{"replica_nodes": list(range(self.replicas))} for _ in range(self.partitions)]
        return [{"authorized_operations": list(self.rights), "partitions": parts} for _ in names]

    def describe_cluster(self) -> dict[str, Any]:
        return {"controller_id": 1}

    def describe_configs(self, resources: list[Any], config_filter: str) -> dict[str, Any]:
        values = {name: {"value": str(value)} for name, value in self.config.items()}
        return {one.resource_type.name.lower(): {one.name: values} for one in resources}

    def close(self) -> None:
        """Nothing to close."""


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes the brokers of a test answer."""

    def connect(brokers: Brokers | Exception) -> None:
        def admin(*_: Any) -> Brokers:
            if isinstance(brokers, Exception):
                raise brokers
            return brokers

        monkeypatch.setattr(diagnosis, "admin", admin)

    return connect


def _source(*topics: str, uncommitted: bool = False) -> tuple[list[Finding], dict[str, int]]:
    largest: dict[str, int] = {}
    return list(of_source(TopicPlace("b:1", tuple(topics), None), uncommitted, largest)), largest


def _sink(timeout: float | None = None, checkpoint: float = 10) -> list[Finding]:
    limit = None if timeout is None else timedelta(seconds=timeout)
    return list(of_sink("b:1", ["t"], None, limit, timedelta(seconds=checkpoint), {}))


def test_a_topic_that_may_be_read_is_ok_and_its_largest_record_is_known(cluster: Any) -> None:
    cluster(Brokers())
    assert _source("t") == ([Finding("ok", "topic t", "3 partitions, 3 replicas")], {"topic t": 1000})
    cluster(Brokers(partitions=1, replicas=1, rights=()))
    assert _source("t")[0] == [Finding("ok", "topic t", "1 partition, 1 replica")]


def test_a_topic_that_does_not_exist_or_may_not_be_read_is_bad(cluster: Any) -> None:
    cluster(Brokers(rights=("WRITE",)))
    assert _source("u", "t") == (
        [
            Finding("bad", "topic u", "does not exist", "penstock topics create u --bootstrap b:1"),
            Finding("bad", "topic t", "3 partitions; no permission to read", "ask for the permission READ on t"),
        ],
        {"topic t": 1000},
    )


def test_a_source_that_reads_uncommitted_records_is_a_warning(cluster: Any) -> None:
    cluster(Brokers())
    assert _source("t", uncommitted=True)[0][1:] == [
        Finding(
            "warn",
            "isolation level",
            "t read with isolation.level: read_uncommitted",
            "remove isolation.level: the job also reads records of transactions that are aborted later",
        )
    ]


def test_a_sink_without_transactions_needs_the_permission_to_write_alone(cluster: Any) -> None:
    cluster(Brokers(replicas=1))
    assert _sink() == [Finding("ok", "topic t", "3 partitions, 1 replica")]
    cluster(Brokers(rights=("READ",)))
    assert _sink() == [
        Finding("bad", "topic t", "3 partitions; no permission to write", "ask for the permission WRITE on t")
    ]


@pytest.mark.parametrize(
    ("replicas", "minimum", "state", "do"),
    [
        (3, 2, "ok", ""),
        (4, 3, "ok", ""),
        (1, 1, "warn", "rows are lost if this broker's disk fails: use 3 replicas"),
        (3, 1, "warn", "rows can be lost if one broker fails: set min.insync.replicas to 2"),
        (2, 2, "warn", "the job stops if one broker fails: use more replicas than min.insync.replicas"),
    ],
)
def test_exactly_once_needs_two_replicas_that_acknowledge_and_one_more(
    cluster: Any, replicas: int, minimum: int, state: str, do: str
) -> None:
    cluster(Brokers(replicas=replicas, min__insync__replicas=minimum))
    shown = f"3 partitions, {replicas} replica{'' if replicas == 1 else 's'}, {minimum} must acknowledge"
    assert _sink(900)[0] == Finding(state, "topic t", shown, do)


@pytest.mark.parametrize(
    ("timeout", "checkpoint", "state", "do"),
    [
        (900, 10, "ok", ""),
        (310, 10, "ok", ""),
        (309, 10, "warn", "an outage longer than 299 s loses rows: raise transaction_timeout"),
        (900.001, 10, "bad", "lower transaction_timeout, or raise the broker's transaction.max.timeout.ms"),
    ],
)
def test_a_transaction_stays_open_for_an_outage_of_five_minutes(
    cluster: Any, timeout: float, checkpoint: float, state: str, do: str
) -> None:
    cluster(Brokers())
    shown = f"{timeout:g} s; the broker allows at most 900 s"
    assert _sink(timeout, checkpoint)[1:] == [
        Finding(state, "transaction timeout", shown, do),
        Finding("ok", "transaction log", "50 partitions, 3 replicas, 2 must acknowledge"),
    ]


def test_the_transaction_log_is_as_durable_as_the_topic(cluster: Any) -> None:
    cluster(Brokers(transaction__state__log__min__isr=1))
    assert _sink(900)[2].do == "rows can be lost if one broker fails: set transaction.state.log.min.isr to 2"


def test_brokers_that_cannot_be_asked_are_one_finding(cluster: Any) -> None:
    cluster(NotHere("the secret ${env:P} is not set", do="export P"))
    assert _source("t") == (
        [Finding("warn", "Kafka", "b:1 was not checked: the secret ${env:P} is not set", "export P")],
        {},
    )
    cluster(RunError("no Kafka broker answers"))
    assert _sink(900) == [Finding("bad", "Kafka", "no Kafka broker answers", "start the broker, or correct bootstrap")]
