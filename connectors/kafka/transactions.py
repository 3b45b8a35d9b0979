"""Transactions that a dead job has left open: readers of committed rows wait for them until they time out."""

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
    """One that is neither committed nor aborted: its id, when it began, when the broker will abort it by itself (`timeout`
    seconds after it began), and which partitions (`topic-0`) its readers wait on."""

    id: str
    since: datetime | None
    timeout: float
    partitions: list[str]


def open_transactions(bootstrap: str, prefix: str = "", security: Security | None = None) -> list[OpenTransaction]:
    """Those whose id begins with `prefix` and a dash (that of one sink of one job), or all. Raises RunError when no broker answers."""
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
    """A producer with a transactional id, as the brokers know it: whether a transaction of it is open, and when it wrote last to the
    topic (None: not for a day, or the right to see it is missing)."""

    id: str
    open: bool
    wrote: datetime | None


def writers(bootstrap: str, prefix: str, topic: str, security: Security | None = None) -> list[Writer]:
    """Those whose id begins with `prefix` and a dash. Raises RunError when no broker answers."""
    from kafka import TopicPartition
    from kafka.errors import KafkaError

    with closing(admin("transactions", bootstrap, security)) as client:
        is_open = _listed(client, prefix, ["Ongoing", "PrepareCommit", "PrepareAbort"])
        known = _listed(client, prefix)
        last: dict[int, int] = {}  # by the producer's id
        try:
            [found] = client.describe_topics([topic]) if known else [{"partitions": []}]
            parts = [TopicPartition(topic, one["partition_index"]) for one in found["partitions"]]
            for state in client.describe_producers(parts).values() if parts else ():
                for one in state.active_producers:
                    last[one.producer_id] = max(last.get(one.producer_id, 0), one.last_timestamp)
        except KafkaError:
            last = {}
    return [
        Writer(name, name in is_open, _timestamp(last.get(producer, 0))) for name, producer in sorted(known.items())
    ]


def _listed(client: Any, prefix: str, states: Sequence[str] | None = None) -> dict[str, int]:
    """The producer's id of each transactional id."""
    by_broker = client.list_transactions(state_filters=states)
    every = [one for found in by_broker.values() for one in found]
    return {one.transactional_id: one.producer_id for one in every if one.transactional_id.startswith(f"{prefix}-")}


def readers(bootstrap: str, group: str, security: Security | None = None) -> list[str]:
    """The clients that are members of a consumer group now. Flink's own sources never are: they assign partitions themselves.
    Raises RunError when no broker answers."""
    from kafka.errors import KafkaError

    with closing(admin("transactions", bootstrap, security)) as client:
        try:
            members = client.describe_groups([group])[group]["members"]
        except KafkaError:  # there is no such group, or no right to see it
            return []
    return sorted({str(one["client_id"]) for one in members})


def _timestamp(millis: int) -> datetime | None:
    return datetime.fromtimestamp(millis / 1000, timezone.utc) if millis > 0 else None


def abort(bootstrap: str, ids: Sequence[str], security: Security | None = None) -> None:
    """Abort what is open under these ids, as a new producer of the same id does: the one before is fenced off."""
    from kafka import KafkaProducer

    for transactional_id in ids:
        with closing(
            KafkaProducer(
                bootstrap_servers=bootstrap.split(","), transactional_id=transactional_id, **arguments(security)
            )
        ) as producer:
            producer.init_transactions()
