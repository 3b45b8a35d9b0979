"""List and abort Kafka transactions, and list the clients of a job.

A job that failed or was cancelled may leave transactions open. Readers of committed records wait for them until they time out.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from penstock.connectors.kafka.client import arguments
from penstock.connectors.kafka.preflight import admin
from penstock.connectors.kafka.security import Security


@dataclass(frozen=True)
class OpenTransaction:
    """A transaction that is neither committed nor aborted."""

    id: str
    """The transactional id."""

    since: datetime | None
    """When the transaction began, in UTC. None if the broker does not know."""

    timeout: float
    """Seconds after `since` at which the broker aborts the transaction."""

    partitions: list[str]
    """The partitions, such as `topic-0`, whose readers wait for the transaction."""


def open_transactions(bootstrap: str, prefix: str = "", security: Security | None = None) -> list[OpenTransaction]:
    """List the open transactions whose id begins with `prefix` and a dash, or all. Raises RunError if no broker answers.

    The ids of one sink of one job begin with `<job>-<sink>-`.
    """
    with closing(admin("transactions", bootstrap, security)) as client:
        by_broker = client.list_transactions(state_filters=["Ongoing"])
        ids = {one.transactional_id for found in by_broker.values() for one in found}
        ids = {one for one in ids if not prefix or one.startswith(f"{prefix}-")}
        described = client.describe_transactions(sorted(ids)) if ids else {}
    return [
        OpenTransaction(
            name,
            _timestamp(one.transaction_start_time_ms),
            one.transaction_timeout_ms / 1000,
            sorted(f"{part.topic}-{part.partition}" for part in one.topic_partitions),
        )
        for name, one in sorted(described.items())
    ]


@dataclass(frozen=True)
class Writer:
    """A producer with a transactional id, as the brokers know it."""

    id: str
    """The transactional id."""

    open: bool
    """Whether it has an open transaction."""

    wrote: datetime | None
    """When it last wrote to the topics, in UTC. None if it has not written for a day, or if we may not know."""


def writers(bootstrap: str, prefix: str, topics: Sequence[str], security: Security | None = None) -> list[Writer]:
    """List the producers whose transactional id begins with `prefix` and a dash. Raises RunError if no broker answers.

    `topics` are those that they may write to.
    """
    from kafka import TopicPartition
    from kafka.errors import KafkaError

    with closing(admin("transactions", bootstrap, security)) as client:
        is_open = _listed(client, prefix, ["Ongoing", "PrepareCommit", "PrepareAbort"])
        known = _listed(client, prefix)
        last: dict[int, int] = {}  # producer id -> timestamp of its last record in milliseconds
        try:
            parts = [
                TopicPartition(topic, one["partition_index"])
                for topic in (topics if known else ())
                for found in client.describe_topics([topic])
                for one in found["partitions"]
            ]
            for state in client.describe_producers(parts).values() if parts else ():
                for one in state.active_producers:
                    last[one.producer_id] = max(last.get(one.producer_id, 0), one.last_timestamp)
        except KafkaError:
            last = {}
    return [
        Writer(name, name in is_open, _timestamp(last.get(producer, 0))) for name, producer in sorted(known.items())
    ]


def _listed(client: Any, prefix: str, states: Sequence[str] | None = None) -> dict[str, int]:
    """Transactional id to producer id."""
    by_broker = client.list_transactions(state_filters=states)
    every = [one for found in by_broker.values() for one in found]
    return {one.transactional_id: one.producer_id for one in every if one.transactional_id.startswith(f"{prefix}-")}


def readers(bootstrap: str, group: str, security: Security | None = None) -> list[str]:
    """List the client ids of the current members of a consumer group. Raises RunError if no broker answers.

    Flink's Kafka sources never are members, because they assign partitions themselves.
    """
    from kafka.errors import KafkaError

    with closing(admin("transactions", bootstrap, security)) as client:
        try:
            members = client.describe_groups([group])[group]["members"]
        except KafkaError:  # the group does not exist, or we may not read it
            return []
    return sorted({str(one["client_id"]) for one in members})


def _timestamp(millis: int) -> datetime | None:
    return datetime.fromtimestamp(millis / 1000, timezone.utc) if millis > 0 else None


def abort(bootstrap: str, ids: Sequence[str], security: Security | None = None) -> None:
    """Abort the open transactions with these ids.

    For each id a new producer is initialised: the broker then fences off the previous producer and aborts its transaction.
    """
    from kafka import KafkaProducer

    for transactional_id in ids:
        with closing(
            KafkaProducer(
                bootstrap_servers=bootstrap.split(","), transactional_id=transactional_id, **arguments(security)
            )
        ) as producer:
            producer.init_transactions()
