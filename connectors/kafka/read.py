"""The committed records of a topic, from its beginning."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from penstock.connectors.base.problems import RunError
from penstock.connectors.kafka.client import arguments
from penstock.connectors.kafka.security import Security


def batches(
    bootstrap: str, topic: str, follow: bool = False, quiet: float = 10.0, security: Security | None = None
) -> Iterator[list[Any]]:
    """kafka-python's records of a topic that is there, as they come: up to where it ended at the start, or for ever with `follow`.

    What an open transaction holds back is not waited for.

    Raises:
        RunError: nothing came for `quiet` seconds, and the end is not reached.
    """
    from kafka import KafkaConsumer, TopicPartition

    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap.split(","),
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        **arguments(security),
    )
    with closing(consumer):
        parts = [TopicPartition(topic, p) for p in sorted(consumer.partitions_for_topic(topic) or [])]
        consumer.assign(parts)
        consumer.seek_to_beginning(*parts)
        ends = consumer.end_offsets(parts)
        since = time.monotonic()
        while True:
            for records in consumer.poll(timeout_ms=200).values():
                since = time.monotonic()
                yield records
            if follow:
                continue
            missing = [part for part in parts if consumer.position(part) < ends[part]]
            if not missing:
                return
            if time.monotonic() - since > quiet:
                raise RunError(
                    f'the topic "{topic}" gave nothing for {quiet:g} s: partition {missing[0].partition} was read up to offset '
                    f"{consumer.position(missing[0])} of {ends[missing[0]]}",
                    do=f"look at the brokers ({bootstrap}) and try again",
                )
