"""Nothing is lost to lateness: aggregated rows and late dead letters together are the rows that came in."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import yaml
from brokers import Stack
from kafka import KafkaProducer

from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts.local.mini_cluster import MiniCluster

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
COUNT, PARTITIONS = 6000, 4


def disordered(seed: int) -> list[tuple[int, bytes | None, bytes | None]]:
    """Rows that advance a second a row; one in five lies up to two minutes behind. Each id once."""
    dice = random.Random(seed)
    records: list[tuple[int, bytes | None, bytes | None]] = []
    for number in range(COUNT):
        behind = dice.uniform(0, 120) if dice.random() < 0.2 else 0
        at = START + timedelta(seconds=number - behind)
        row = {"id": number, "k": str(number % 3), "at": at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"}
        records.append((dice.randrange(PARTITIONS), None, json.dumps(row).encode()))
    return records


@pytest.mark.parametrize(
    ("window", "parallelism", "copies"),
    [
        ({"tumble": "10 s"}, 1, 1),
        ({"tumble": "10 s"}, 2, 1),
        ({"tumble": "10 s"}, 3, 1),
        ({"hop": {"size": "30 s", "slide": "10 s"}}, 2, 3),
        ({"session": "5 s"}, 2, 1),
        ({"rolling_rows": 1}, 2, 1),
    ],
)
def test_every_row_is_aggregated_or_a_late_letter(
    window: dict[str, Any],
    parallelism: int,
    copies: int,
    cluster: MiniCluster,
    kafka: str,
    topic: Callable[..., str],
    committed: Callable[[str], list[Any]],
) -> None:
    name = topic(f"late-{next(iter(window))}-{parallelism}", disordered(parallelism), PARTITIONS)
    topic(f"{name}.dead")
    made = Pipeline.model_validate(
        {
            "name": "late",
            "source": {
                "kafka": {
                    "bootstrap": kafka,
                    "topic": name,
                    "group": "late",
                    "start": "earliest",
                    "until": "latest",
                    "columns": {"id": "bigint", "k": "string", "at": "timestamp_ltz(3)"},
                    "event_time": {"column": "at", "out_of_order": "2 s"},
                }
            },
            "job": {
                "rolling_sum": {"key": "k", "aggregates": {"n": {"count": "*"}, "ids": {"sum": "id"}}, "window": window}
            },
            "sink": {"console": {}},
            "dead_letters": {"kafka": {"bootstrap": kafka, "topic": f"{name}.dead", "guarantee": "exactly_once"}},
            "flink": {"parallelism": parallelism, "checkpoint": "500 ms"},
        }
    )
    assert made.problems() == []
    rows = cluster.run(made, options={"pipeline.auto-watermark-interval": "1 ms"}).rows()
    late = [json.loads(json.loads(record.value)["row"]) for record in committed(f"{name}.dead")]
    assert sum(row["n"] for row in rows) + len(late) == COUNT * copies
    assert sum(row["ids"] for row in rows) + sum(row["id"] for row in late) == copies * COUNT * (COUNT - 1) // 2
    assert late, "no row was late: the test shows nothing"


@pytest.mark.slow
def test_a_row_that_is_late_by_the_watermark_before_a_restart_is_a_dead_letter(
    stack: Stack, topic: Callable[..., str]
) -> None:
    """The window operator restores its watermark, and the source sends its first one at the next interval, after this test."""

    def record(second: int) -> bytes:
        return json.dumps({"id": second, "at": f"2026-01-01T00:{second // 60:02d}:{second % 60:02d}Z"}).encode()

    name = topic("restarted", [(0, None, record(second)) for second in range(100)])
    job: dict[str, Any] = {
        "name": "restarted",
        "source": {
            "kafka": {
                "bootstrap": stack.kafka, "topic": name, "group": name, "start": "earliest",
                "columns": {"id": "bigint", "at": "timestamp_ltz(3)"}, "event_time": {"column": "at", "out_of_order": "0 s"},
            }
        },
        "job": {"rolling_sum": {"key": "all rows", "value": "id", "window": {"tumble": "10 s"}}},
        "sink": {"blackhole": {}},
        "dead_letters": {"blackhole": {}},
        "flink": {"checkpoint": "500 ms"},
    }  # fmt: skip
    file = stack.folder / "restarted.yaml"
    file.write_text(yaml.safe_dump(job))
    stack.json("submit", file)
    stack.until(lambda: stack.json_any("status", "restarted")["rows"]["out"] == 9)
    savepoint = stack.json("stop", "restarted")["savepoint"]
    with closing(KafkaProducer(bootstrap_servers=stack.kafka)) as producer:
        producer.send(name, record(3))
    job["flink"]["options"] = {"pipeline.auto-watermark-interval": "1 h"}
    file.write_text(yaml.safe_dump(job))
    stack.json("submit", file, "--from", savepoint)
    stack.until(lambda: stack.json_any("status", "restarted")["rows"]["late"] == 1)
