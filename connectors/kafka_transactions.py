"""Transactions that a dead job has left open: readers of committed rows wait for them until they time out."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timezone

from connectors.kafka_client import arguments
from connectors.kafka_preflight import admin
from connectors.kafka_security import Security


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
            _moment(one.transaction_start_time_ms),
            one.transaction_timeout_ms / 1000,
            sorted(f"{part.topic}-{part.partition}" for part in one.topic_partitions),
        )
        for name, one in sorted(described.items())
    ]


def _moment(millis: int) -> datetime | None:
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
