"""Mutated records through a real topic: no crash, and each is a row or a dead letter with its bytes. PENSTOCK_FUZZ=N takes N."""

from __future__ import annotations

import json
import os
import random
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts.local.mini_cluster import MiniCluster
from tests.faults.feed import ends
from tests.faults.mutations import COLUMNS, record

COUNT = int(os.environ.get("PENSTOCK_FUZZ", "100000"))
CHUNK = 500_000


@pytest.mark.slow
def test_each_mutated_record_is_a_row_or_a_letter_with_its_bytes(
    cluster: MiniCluster, kafka: str, topic: Callable[..., str]
) -> None:
    for chunk, start in enumerate(range(0, COUNT, CHUNK)):
        size = min(CHUNK, COUNT - start)
        name = topic(f"mutated-{chunk}")
        for more in ("out", "dead"):
            topic(f"{name}.{more}")
        values = _produced(kafka, name, size, seed=chunk)
        cluster.run(_job(kafka, name), timeout=600)
        fate = bytearray(size)
        for row in _read(kafka, f"{name}.out"):
            fate[row["place"]] += 1
        dead_letters = 0
        for dead_letter in _read(kafka, f"{name}.dead"):
            fate[dead_letter["offset"]] += 1
            raw = None if dead_letter["raw"] is None else b64decode(dead_letter["raw"])
            assert raw == values[dead_letter["offset"]], f"other bytes, chunk {chunk}, offset {dead_letter['offset']}"
            dead_letters += 1
        strange = [offset for offset, times in enumerate(fate) if times != 1]
        assert not strange, f"chunk {chunk}: {[(o, fate[o], values[o]) for o in strange[:3]]}"
        assert size * 0.3 < dead_letters < size * 0.95, "the mutations do not do what they should"


def _produced(kafka: str, name: str, size: int, seed: int) -> list[bytes | None]:
    dice = random.Random(seed)
    values = [record(dice, n) for n in range(size)]
    with closing(KafkaProducer(bootstrap_servers=kafka, acks="all", linger_ms=50, batch_size=1 << 20)) as producer:
        for value in values:
            producer.send(name, key=b"k" if value is None else None, value=value)  # kafka-python wants one of them
        producer.flush()
    return values


def _job(kafka: str, name: str) -> Pipeline:
    made = Pipeline.model_validate(
        {
            "name": "mutated",
            "source": {
                "kafka": {
                    "bootstrap": kafka,
                    "topic": name,
                    "group": "mutated",
                    "start": "earliest",
                    "until": "latest",
                    "columns": COLUMNS,
                    "envelope": {"offset": "place"},
                    "on_error": "dead_letter",
                }
            },
            "job": {"uppercase_filter": {"column": "text"}},
            "sink": {"kafka": {"bootstrap": kafka, "topic": f"{name}.out", "guarantee": "exactly_once"}},
            "dead_letters": {"kafka": {"bootstrap": kafka, "topic": f"{name}.dead"}},
            "flink": {"checkpoint": "1 s"},
        }
    )
    assert made.problems() == []
    return made


def _read(kafka: str, name: str) -> Iterator[dict[str, Any]]:
    consumer = KafkaConsumer(
        bootstrap_servers=kafka,
        isolation_level="read_committed",
        fetch_max_bytes=1 << 26,
        max_partition_fetch_bytes=1 << 25,
    )
    with closing(consumer):
        part = TopicPartition(name, 0)
        consumer.assign([part])
        consumer.seek_to_beginning(part)
        [end] = ends(kafka, [part]).values()
        while consumer.position(part) < end:
            for records in consumer.poll(timeout_ms=500, max_records=10_000).values():
                for one in records:
                    yield json.loads(one.value)
