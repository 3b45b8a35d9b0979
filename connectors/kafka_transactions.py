"""Transactions that a dead job has left open: readers of committed rows wait for them until they time out."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

from connectors.kafka_preflight import admin


def open_transactions(bootstrap: str, prefix: str) -> list[str]:
    """The transactional ids that begin with this prefix (that of one sink of one job) and have a transaction open.

    Raises RunError when no broker answers.
    """
    with closing(admin("transactions", bootstrap)) as client:
        by_broker = client.list_transactions(state_filters=["Ongoing"])
    ids = {one.transactional_id for found in by_broker.values() for one in found}
    return sorted(one for one in ids if one.startswith(f"{prefix}-"))


def abort(bootstrap: str, ids: Sequence[str]) -> None:
    """Abort what is open under these ids, as a new producer of the same id does: the one before is fenced off."""
    from kafka import KafkaProducer

    for transactional_id in ids:
        with closing(
            KafkaProducer(bootstrap_servers=bootstrap.split(","), transactional_id=transactional_id)
        ) as producer:
            producer.init_transactions()
