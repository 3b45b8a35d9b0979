"""A real Kafka broker for this run, in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from connectors.kafka_preflight import admin
from scripts.stack.kafka import Broker


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The broker's address."""
    broker = Broker(tmp_path_factory.mktemp("kafka"))
    yield broker.start(0)
    broker.stop(remove=True)


@pytest.fixture
def topic(kafka: str) -> Callable[..., str]:
    """Create a topic of so many partitions, with records `(partition, key, value)`; its name."""

    def create(name: str, records: list[tuple[int, bytes | None, bytes | None]] = (), partitions: int = 1) -> str:  # type: ignore[assignment]
        with closing(admin("test", kafka)) as client:
            client.create_topics({name: {"num_partitions": partitions, "replication_factor": 1}})
        with closing(KafkaProducer(bootstrap_servers=kafka)) as producer:
            for partition, key, value in records:
                producer.send(name, partition=partition, key=key, value=value)
            producer.flush()
        return name

    return create


@pytest.fixture
def committed(kafka: str) -> Callable[[str], list[Any]]:
    """Every committed record of a topic."""

    def read(name: str) -> list[Any]:
        consumer = KafkaConsumer(
            bootstrap_servers=kafka, isolation_level="read_committed", auto_offset_reset="earliest"
        )
        with closing(consumer):
            parts = [TopicPartition(name, p) for p in sorted(consumer.partitions_for_topic(name) or [])]
            consumer.assign(parts)
            consumer.seek_to_beginning(*parts)
            ends = consumer.end_offsets(parts)
            found: list[Any] = []
            for _ in range(100):
                for records in consumer.poll(timeout_ms=200).values():
                    found += records
                if all(consumer.position(part) >= ends[part] for part in parts):
                    return found
        raise AssertionError(f"{name}: not read to its end; a transaction is open")

    return read
