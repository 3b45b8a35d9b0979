"""Reads the committed records of a topic from its beginning."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from penstock.connectors.config.problems import RunError
from penstock.connectors.kafka.client import arguments
from penstock.connectors.kafka.security import Security


def batches(
    bootstrap: str, topic: str, follow: bool = False, quiet: float = 10.0, security: Security | None = None
) -> Iterator[list[Any]]:
    """Yield the records of an existing topic, as kafka-python returns them, in batches of one partition.

    Ends where the topic ended at the start of the call; with `follow` it never ends. Records behind an open transaction are not awaited.

    Raises:
        RunError: no broker answered, or no record arrived for `quiet` seconds before the end was reached.
    """
    from kafka.errors import KafkaError

    try:
        yield from _batches(bootstrap, topic, follow, quiet, security)
    except KafkaError as problem:
        raise RunError(
            f'the topic "{topic}" could not be read from {bootstrap}',
            found=type(problem).__name__,
            do="check the brokers and try again",
        ) from None


def _batches(bootstrap: str, topic: str, follow: bool, quiet: float, security: Security | None) -> Iterator[list[Any]]:
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
                    f'no record of the topic "{topic}" arrived for {quiet:g} s: partition {missing[0].partition} was read up to '
                    f"offset {consumer.position(missing[0])} of {ends[missing[0]]}",
                    do=f"check the brokers ({bootstrap}) and try again",
                )
