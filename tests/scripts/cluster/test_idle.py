"""`penstock status` finds a partition without rows that holds every window back, with a real topic and a real cluster."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from brokers import Stack
from kafka import KafkaProducer

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
FIX = "set source event_time.idle_after (such as 30 s)"


def record(second: int) -> bytes:
    return json.dumps({"n": 1, "at": (START + timedelta(seconds=second)).isoformat()[:-6] + "Z"}).encode()


def submitted(stack: Stack, name: str, job: Any = None, parallelism: int = 1, **event_time: str) -> None:
    """Submit a windowed job that reads the topic `name`."""
    made: dict[str, Any] = {
        "name": name,
        "source": {
            "kafka": {
                "bootstrap": stack.kafka, "topic": name, "group": name, "start": "earliest",
                "columns": {"n": "bigint", "at": "timestamp_ltz(3)"},
                "event_time": {"column": "at", "out_of_order": "0 s", **event_time},
            }
        },
        "job": job or {"rolling_sum": {"key": "all rows", "value": "n", "window": {"tumble": "10 s"}}},
        "sink": {"blackhole": {}},
        "dead_letters": {"blackhole": {}},
        "flink": {"checkpoint": "500 ms", "parallelism": parallelism},
    }  # fmt: skip
    file = Path(stack.folder) / f"{name}.yaml"
    file.write_text(yaml.safe_dump(made, sort_keys=False))
    stack.json("submit", file)
    stack.until(lambda: (stack.json_any("status", name)["rows"]["in"] or 0) >= 100)


@contextmanager
def fed(kafka: str, name: str, partition: int) -> Iterator[None]:
    """While the block runs the partition receives a row every tenth of a second, each a second later than the one before."""
    end = threading.Event()

    def feed() -> None:
        with closing(KafkaProducer(bootstrap_servers=kafka)) as producer:
            second = 1000
            while not end.wait(0.1):
                producer.send(name, partition=partition, value=record(second := second + 1))
                producer.flush()

    thread = threading.Thread(target=feed)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()


@pytest.mark.slow
def test_a_partition_that_never_had_a_row_is_named_with_the_fix(stack: Stack, topic: Callable[..., str]) -> None:
    topic("silent", [(0, None, record(second)) for second in range(100)], 2)
    submitted(stack, "silent")
    found = stack.json_any("status", "silent")
    assert (found["healthy"], len(found["reasons"])) == (False, 1)
    assert found["reasons"][0].startswith(
        "the partition silent-1 has had no row and holds the watermark back: no window is output; "
    )
    assert FIX in found["reasons"][0]
    assert (found["rows"]["in"], found["rows"]["out"]) == (100, 0)


@pytest.mark.slow
def test_a_partition_without_new_rows_is_named_while_the_others_have_some(
    stack: Stack, topic: Callable[..., str]
) -> None:
    topic("fell-silent", [(1, None, record(0)), *((0, None, record(second)) for second in range(400, 500))], 2)
    submitted(stack, "fell-silent")
    with fed(stack.kafka, "fell-silent", 0):
        stack.until(lambda: stack.json_any("status", "fell-silent")["reasons"])
        [reason] = stack.json_any("status", "fell-silent")["reasons"]
    assert reason.startswith("the partition fell-silent-1 is ")
    assert "s behind the newest, without rows and holds the watermark back" in reason


@pytest.mark.slow
def test_a_subtask_without_a_partition_is_named(stack: Stack, topic: Callable[..., str]) -> None:
    topic("too-wide", [(0, None, record(second)) for second in range(100)], 1)
    submitted(stack, "too-wide", parallelism=2)
    reasons = stack.json_any("status", "too-wide")["reasons"]
    assert [FIX in reason for reason in reasons] == [True], reasons
    assert reasons[0].startswith("the least advanced subtask of Source")


@pytest.mark.slow
def test_nothing_is_named_when_every_partition_has_rows_or_no_step_waits(
    stack: Stack, topic: Callable[..., str]
) -> None:
    topic("both", [(second % 2, None, record(second)) for second in range(100)], 2)
    submitted(stack, "both")
    assert stack.json("status", "both")["healthy"]
    topic("idle-after", [(0, None, record(second)) for second in range(100)], 2)
    submitted(stack, "idle-after", idle_after="1 s")
    assert stack.json("status", "idle-after")["healthy"]
    topic("no-windows", [(0, None, record(second)) for second in range(100)], 2)
    submitted(stack, "no-windows", {"map": {"function": "square", "of": "n", "to": "m"}})
    assert stack.json("status", "no-windows")["healthy"]
