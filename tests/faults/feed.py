"""Send the job's input, and read its output during the faults."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from tests.faults.record import Record

_PATIENCE_MS = 300_000


class Feed:
    """Send records at a rate, from a thread, until it is stopped. Each is acknowledged, none is sent twice."""

    def __init__(self, kafka: str, topic: str, make: Callable[[int], Record], rate: float) -> None:
        self._make, self._topic, self._rate = make, topic, rate
        self._producer = producer(kafka)
        self._stop, self._thread = threading.Event(), threading.Thread(target=self._run, daemon=True)
        self._futures: list[Any] = []
        self._upto: int | None = None
        self.sent = 0

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def end(self, least: int) -> int:
        """Send as fast as possible until at least `least` records exist; the number of all records, each acknowledged."""
        self._upto = max(least, self.sent)
        self._thread.join()
        for future in self._futures:
            future.get(timeout=_PATIENCE_MS / 1000)
        self._producer.close()
        return self.sent

    def _run(self) -> None:
        began = time.monotonic()
        while self._upto is None or self.sent < self._upto:
            due = self.sent + 500 if self._upto is not None else int((time.monotonic() - began) * self._rate)
            for _ in range(min(due - self.sent, 500)):
                one = self._make(self.sent)
                self._futures.append(self._producer.send(self._topic, value=one.value, partition=one.partition))
                self.sent += 1
            self._futures = [future for future in self._futures if not future.succeeded()]
            if self._upto is None:
                time.sleep(0.02)


def producer(kafka: str) -> KafkaProducer:
    """A producer that survives the death of a broker and writes nothing twice."""
    return KafkaProducer(
        bootstrap_servers=kafka,
        acks="all",
        enable_idempotence=True,
        delivery_timeout_ms=_PATIENCE_MS,
        max_block_ms=_PATIENCE_MS,
        linger_ms=10,
    )


@dataclass(frozen=True)
class Read:
    """A record as a reader received it."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes


def ends(kafka: str, parts: list[TopicPartition]) -> dict[TopicPartition, int]:
    """The offsets behind the last records, in open transactions too.

    Kafka ends a transaction shortly after it confirms the commit. For a consumer of committed records, the end is before it until then.
    """
    with closing(KafkaConsumer(bootstrap_servers=kafka)) as consumer:
        found: dict[TopicPartition, int] = consumer.end_offsets(parts)
        return found


def read_all(kafka: str, topic: str) -> list[Read]:
    """Every committed record of a topic, one partition after another. Raises AssertionError when the end is not reached because a
    transaction is open."""
    found: list[Read] = []
    with closing(_consumer(kafka)) as consumer:
        parts = [TopicPartition(topic, p) for p in sorted(consumer.partitions_for_topic(topic) or [])]
        consumer.assign(parts)
        consumer.seek_to_beginning(*parts)
        end = ends(kafka, parts)
        quiet = time.monotonic() + 60
        while any(consumer.position(part) < end[part] for part in parts):
            new = list(_polled(consumer))
            found += new
            quiet = time.monotonic() + 60 if new else quiet
            assert time.monotonic() < quiet, f"{topic}: not read to its end; a transaction is open"
    return sorted(found, key=lambda one: (one.partition, one.offset))


def _consumer(kafka: str) -> KafkaConsumer:
    return KafkaConsumer(
        bootstrap_servers=kafka,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )


def _polled(consumer: KafkaConsumer) -> Iterator[Read]:
    for records in consumer.poll(timeout_ms=200, max_records=5000).values():
        for record in records:
            yield Read(record.partition, record.offset, record.key, record.value)


class Watcher:
    """Read a topic during the faults: every record that was seen must still exist at the end, at the same offset."""

    def __init__(self, kafka: str, topic: str) -> None:
        self._kafka, self._topic = kafka, topic
        self._stop, self._thread = threading.Event(), threading.Thread(target=self._run, daemon=True)
        self.seen: dict[tuple[int, int], int] = {}
        self.repeated = 0

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._watch()
            except Exception:  # the broker died, in one of many ways: on from where it was
                time.sleep(0.5)

    def _watch(self) -> None:
        with closing(_consumer(self._kafka)) as consumer:
            parts = [TopicPartition(self._topic, p) for p in sorted(consumer.partitions_for_topic(self._topic) or [])]
            consumer.assign(parts)
            for part in parts:
                consumer.seek(part, 1 + max((o for p, o in self.seen if p == part.partition), default=-1))
            while not self._stop.is_set():
                for one in _polled(consumer):
                    place = (one.partition, one.offset)
                    self.repeated += place in self.seen
                    self.seen[place] = hash(one.value)

    def end(self, final: list[Read]) -> int:
        """Stop; the number of seen records that have disappeared or changed."""
        self._stop.set()
        self._thread.join(timeout=60)
        there = {(one.partition, one.offset): hash(one.value) for one in final}
        return sum(1 for place, value in self.seen.items() if there.get(place) != value)
