"""A job with state from one topic to another, its expected output, and a producer that writes continuously."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import yaml
from kafka import KafkaProducer

from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.udfs.rows import Rows

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
USERS = ("ada", "bob", "eve", "max")


def write_job(file: Path, name: str, keep: str = "NOBODY", **more: Any) -> Path:
    """Write the file of a job: a filter and a sum per window, exactly once from the topic NAME to NAME-sums. `more` replaces keys."""
    kafka = {"bootstrap": "${KAFKA}"}
    job: dict[str, Any] = {
        "name": name,
        "source": {
            "kafka": {
                **kafka,
                "topic": name,
                "group": name,
                "start": "earliest",
                "columns": {"n": "bigint", "user": "string", "at": "timestamp_ltz(3)"},
                "event_time": {"column": "at", "out_of_order": "1 s"},
            }
        },
        "job": [
            {"uppercase_filter": {"column": "user", "keep": {"not_equals": keep}}},
            {"rolling_sum": {"key": "user", "value": "n", "window": {"tumble": "10 s"}}},
        ],
        "sink": {"kafka": {**kafka, "topic": f"{name}-sums", "guarantee": "exactly_once"}},
        "dead_letters": {"kafka": {**kafka, "topic": f"{name}-dead"}},
        "flink": {"checkpoint": "500 ms"},
    }
    file.write_text(yaml.safe_dump({**job, **more}, sort_keys=False))
    return file


def create_topics(topic: Callable[..., str], name: str) -> None:
    """Create the topics of the job of `write_job`."""
    for each in (name, f"{name}-sums", f"{name}-dead"):
        topic(each)


def record(n: int) -> dict[str, Any]:
    """The n-th record. Ten records are one second of event time."""
    return {"n": n, "user": USERS[n % 4], "at": START + timedelta(milliseconds=100 * n)}


def encoded(n: int) -> bytes:
    """The n-th record as bytes of JSON."""
    row = record(n)
    return json.dumps({**row, "at": row["at"].isoformat(timespec="milliseconds").replace("+00:00", "Z")}).encode()


class Producer:
    """Context manager that writes records to a topic from a thread, `rate` per second. `sent` is the number of the next record."""

    def __init__(self, kafka: str, topic: str, rate: int = 200, first: int = 0) -> None:
        self._kafka, self._topic, self._pause = kafka, topic, 1 / rate
        self._stop = threading.Event()
        self.sent = first

    def __enter__(self) -> Producer:
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def _run(self) -> None:
        producer = KafkaProducer(bootstrap_servers=self._kafka, acks="all", linger_ms=5)
        while not self._stop.is_set():
            producer.send(self._topic, value=encoded(self.sent))
            self.sent += 1
            time.sleep(self._pause)
        producer.flush()
        producer.close()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


def send(kafka: str, topic: str, numbers: range) -> None:
    """Write the records with these numbers to a topic."""
    producer = KafkaProducer(bootstrap_servers=kafka, acks="all")
    for n in numbers:
        producer.send(topic, value=encoded(n))
    producer.flush()
    producer.close()


CLOSING = 10_000_000
"""The number of a record so late in event time that every window before it is closed."""


def wanted(job: Path, kept: Iterable[int]) -> Counter[str]:
    """The lines that the job must write for these records and the record CLOSING, according to its plain-Python reference."""
    text = job.read_text().replace("${KAFKA}", "localhost:1")
    step = Pipeline.model_validate(yaml.safe_load(text)).job[1]
    rows = Rows.of(({**record(n), "user": record(n)["user"].upper()} for n in kept), "at", timedelta(seconds=1))
    return Counter(line(row) for row in step.reference(rows).rows)


def written(records: list[Any]) -> Counter[str]:
    """The lines of a topic's records."""
    return Counter(line(json.loads(one.value)) for one in records)


def line(row: dict[str, Any]) -> str:
    """A row of sums, from the reference or from the topic, as text for comparison."""
    end = row["window_end"]
    timestamp = datetime.fromisoformat(end.replace("Z", "+00:00")) if isinstance(end, str) else end
    return f"{row['user']} {timestamp.isoformat()} {int(row['total'])}"
