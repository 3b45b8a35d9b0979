"""The offsets of a consumer group follow the checkpoints of a job, also those of the savepoint with which it stops."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from cli import penstock
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

JOB = """
name: offsets
source:
  kafka: {bootstrap: BROKER, topic: TOPIC, group: TOPIC, columns: {text: string}, UNTIL}
job:
  uppercase_filter: {column: text}
sink:
  console: {}
flink: {checkpoint: 10 min}
"""


@pytest.mark.parametrize("until", ["", "until: latest"], ids=["stopped", "finished"])
def test_a_run_continues_where_the_group_stopped(
    kafka: str, topic: Callable[..., str], tmp_path: Path, until: str
) -> None:
    """Before, Flink dropped the commit of the last checkpoint, or sent it 10 seconds late, and the next run read the records again."""
    name = topic(f"offsets-{until[:5]}")
    job = tmp_path / "job.yaml"
    job.write_text(JOB.replace("BROKER", kafka).replace("TOPIC", name).replace("UNTIL", until))
    for count, end in ((3, 3), (1, 4)) if not until else ((4, 4),):
        _produce(kafka, name, count)
        done = penstock("run", job, *([] if until else ["--limit", str(count)]))
        assert re.search(rf"rows in {count}, out {count},", done.stderr), done.stderr
        assert _committed(kafka, name) == end


def _produce(kafka: str, name: str, count: int) -> None:
    with closing(KafkaProducer(bootstrap_servers=kafka)) as producer:
        for n in range(count):
            producer.send(name, json.dumps({"text": f"r{n}"}).encode())
        producer.flush()


def _committed(kafka: str, name: str) -> int | None:
    with closing(KafkaConsumer(bootstrap_servers=kafka, group_id=name)) as consumer:
        return consumer.committed(TopicPartition(name, 0))  # type: ignore[no-any-return]
