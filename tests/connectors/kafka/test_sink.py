"""The Kafka sink as a dead letter queue, what it aborts after its job was cancelled, and the order of updates."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from cli import penstock
from kafka import KafkaProducer

from penstock.connectors.kafka.sink import KafkaSink


def _sink(**more: Any) -> KafkaSink:
    return KafkaSink.model_validate({"bootstrap": "localhost:1", "topic": "t", **more})


def test_dead_letters_have_the_guarantee_of_the_strictest_sink() -> None:
    sinks = [_sink(guarantee="exactly_once", transaction_timeout="1 h"), _sink(transaction_timeout="2 h")]
    made = _sink().for_dead_letters(sinks)
    assert (made.guarantee, made.transaction_timeout) == ("exactly_once", timedelta(hours=1))
    assert _sink().for_dead_letters([_sink()]).guarantee == "at_least_once"


def test_keys_of_the_dead_letter_queue_in_the_job_file_are_kept() -> None:
    configured = _sink(transaction_timeout="5 min", properties={"compression.type": "zstd"})
    made = configured.for_dead_letters([_sink(guarantee="exactly_once")])
    assert made.transaction_timeout == timedelta(minutes=5)
    assert made.properties == {"compression.type": "zstd", "max.request.size": 33_554_432}


@pytest.fixture
def left_open(kafka: str, topic: Callable[..., str]) -> Iterator[tuple[KafkaSink, datetime]]:
    """A sink whose cancelled job left two transactions open, and a time between the beginning of one and that of the other."""
    name = topic("cancelled-out")
    began: list[datetime] = []
    with ExitStack() as stack:
        for number in range(2):
            producer = KafkaProducer(bootstrap_servers=kafka, transactional_id=f"job-sink_1-0-{number}")
            stack.enter_context(closing(producer))
            producer.init_transactions()
            producer.begin_transaction()
            producer.send(name, b"row").get(timeout=30)
            began.append(datetime.now(timezone.utc))
            time.sleep(0.01)  # the times of the broker are milliseconds
        sink = KafkaSink.model_validate({"bootstrap": kafka, "topic": name, "guarantee": "exactly_once"})
        yield sink, began[0]
        sink.abort_open("job-sink_1")


def test_a_transaction_that_the_last_checkpoint_may_commit_is_left_open(left_open: tuple[KafkaSink, datetime]) -> None:
    sink, triggered = left_open
    assert sink.abort_open("job-sink_1", triggered) == (1, 1)
    assert sink.abort_open("job-sink_1", triggered) == (0, 1)
    assert sink.abort_open("job-sink_1") == (1, 0)
    assert sink.abort_open("job-sink_1") == (0, 0)


def test_updates_of_one_key_keep_their_order_behind_an_operator_without_parallelism(tmp_path: Path) -> None:
    kafka = {"bootstrap": "localhost:1", "topic": "t"}
    job = {
        "name": "totals",
        "source": {"kafka": {**kafka, "group": "g", "columns": {"n": "int"}}},
        "job": {
            "sql": {
                "query": "SELECT 'all' AS k, COUNT(*) AS n FROM records",
                "columns": {"k": "string", "n": "bigint"},
                "replaces": ["k"],
            }
        },
        "sink": {"kafka": {**kafka, "topic": "sums", "key": ["k"]}},
        "flink": {"parallelism": 2},
    }
    (tmp_path / "job.yaml").write_text(json.dumps(job))
    done = penstock("plan", tmp_path / "job.yaml", "--format", "json")
    assert done.returncode == 0, done.stderr
    operators = {one["kind"].split("[")[0]: one for one in json.loads(done.stdout)["operators"]}
    assert operators["GroupAggregate"]["parallelism"] == 1
    behind = [one for name, one in operators.items() if "sink_1" in name]
    assert len(behind) >= 2
    assert [(one["parallelism"], [how for _, how in one["inputs"]]) for one in behind] == [(1, ["FORWARD"])] * len(
        behind
    )
