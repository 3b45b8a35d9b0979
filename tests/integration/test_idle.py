"""A partition that was silent and wakes with old rows: each is aggregated or becomes a late dead letter."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from kafka import KafkaProducer

from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts.local.mini_cluster import MiniCluster

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
PARTITIONS = 4
IDLE = 0.5


class Sender:
    """Rows numbered one after the other, each at a second of event time, to a partition."""

    def __init__(self, producer: KafkaProducer, topic: str) -> None:
        self._producer, self._topic, self.sent = producer, topic, 0

    def __call__(self, partitions: Iterable[int], seconds: Iterable[float]) -> None:
        for second in seconds:
            for partition in partitions:
                at = START + timedelta(seconds=second)
                row = {"id": self.sent, "k": str(self.sent % 7), "at": at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"}
                self._producer.send(self._topic, json.dumps(row).encode(), partition=partition)
                self.sent += 1
        self._producer.flush()


@pytest.mark.parametrize("window", [{"tumble": "10 s"}, {"session": "2 s"}, {"rolling_rows": 1}])
def test_rows_of_a_woken_partition_are_aggregated_or_late(
    window: dict[str, Any],
    cluster: MiniCluster,
    kafka: str,
    topic: Callable[..., str],
    committed: Callable[[str], list[Any]],
) -> None:
    name = topic(f"idle-{next(iter(window))}", [], PARTITIONS)
    for more in ("out", "dead"):
        topic(f"{name}.{more}")
    made = Pipeline.model_validate(
        {
            "name": "idle",
            "source": {
                "kafka": {
                    "bootstrap": kafka,
                    "topic": name,
                    "group": "idle",
                    "start": "earliest",
                    "columns": {"id": "bigint", "k": "string", "at": "timestamp_ltz(3)"},
                    "event_time": {"column": "at", "out_of_order": "1 s", "idle_after": f"{IDLE * 1000:g} ms"},
                }
            },
            "job": {
                "rolling_sum": {"key": "k", "aggregates": {"n": {"count": "*"}, "ids": {"sum": "id"}}, "window": window}
            },
            "sink": {"kafka": {"bootstrap": kafka, "topic": f"{name}.out"}},
            "dead_letters": {"kafka": {"bootstrap": kafka, "topic": f"{name}.dead"}},
            "flink": {"parallelism": 2, "checkpoint": "500 ms"},
        }
    )
    assert made.problems() == []
    every, half, others = range(PARTITIONS), range(0, PARTITIONS, 2), range(1, PARTITIONS, 2)

    def rows_and_late() -> tuple[int, int]:
        every = [json.loads(record.value) for record in committed(f"{name}.out")]
        rows = [row for row in every if row.get("id", 0) < wanted]  # a rolling sum outputs the closing rows too
        late = [json.loads(json.loads(record.value)["row"]) for record in committed(f"{name}.dead")]
        ids.append(sum(row["ids"] for row in rows) + sum(row["id"] for row in late))
        return sum(row["n"] for row in rows), len(late)

    ids: list[int] = []
    wanted = 0
    with closing(KafkaProducer(bootstrap_servers=kafka)) as producer, cluster.started(made):
        send = Sender(producer, name)
        send(every, range(100))
        time.sleep(2)
        send(half, range(100, 1000))
        time.sleep(4 * IDLE + 1)
        send(others, range(150, 950))
        send(others, range(950, 1000))
        time.sleep(1)
        wanted = send.sent
        send(every, [100_000])
        until = time.monotonic() + 30
        while sum(found := rows_and_late()) < wanted and time.monotonic() < until:
            time.sleep(0.5)
    assert found[1] > 500, "few rows were late: the test shows little"
    assert (sum(found), ids[-1]) == (wanted, wanted * (wanted - 1) // 2)
