"""A replay that is killed again and again sends each record once, also a record with two dead letters far apart."""

from __future__ import annotations

import json
import subprocess
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from cli import ENVIRON, PENSTOCK, penstock
from kafka import KafkaConsumer, TopicPartition

from penstock.connectors.dead_letter.schema import DEAD_LETTER

COUNT = 6000


def dead_letter(n: int, topic: str) -> bytes:
    """One of the job `replayed`, whose record is `record N`."""
    known = {
        "reason": "decode", "error": "no JSON", "source": topic, "partition": 0, "offset": n, "job": "replayed",
        "version": "local", "step": "source_records", "at": "2026-01-01T00:00:00Z", "raw": b64encode(f"record {n}".encode()).decode(),
    }  # fmt: skip
    return json.dumps({name: known.get(name) for name in DEAD_LETTER.types}).encode()


def job_file(folder: Path, kafka: str, topic: str) -> Path:
    both = {"bootstrap": kafka}
    job = {
        "name": "replayed",
        "source": {
            "kafka": {**both, "topic": topic, "group": "g", "columns": {"text": "string"}, "on_error": "dead_letter"}
        },
        "job": {"uppercase_filter": {"column": "text"}},
        "sink": {"blackhole": {}},
        "dead_letters": {"kafka": {**both, "topic": f"{topic}-dead"}},
    }
    file = folder / "job.yaml"
    file.write_text(yaml.safe_dump(job, sort_keys=False), encoding="utf-8")
    return file


@pytest.mark.slow
def test_a_replay_that_is_killed_again_and_again_sends_each_record_once(
    kafka: str, topic: Callable[..., str], committed: Callable[[str], list[Any]], tmp_path: Path
) -> None:
    name = topic("replay-killed")
    numbers = [*range(COUNT), *range(0, COUNT, 2)]
    topic(f"{name}-dead", [(0, None, dead_letter(n, name)) for n in numbers])
    job = job_file(tmp_path, kafka, name)
    counted = json.loads(penstock("dlq", "replay", job, "--dry-run", "--output", "json").stdout)
    assert (counted["sent"], counted["same_record"]) == ({name: COUNT}, COUNT // 2)
    reader = KafkaConsumer(bootstrap_servers=kafka)
    part = TopicPartition(name, 0)
    cut = 0
    for _ in range(3):
        before = reader.end_offsets([part])[part]
        running = subprocess.Popen([PENSTOCK, "dlq", "replay", str(job)], env=ENVIRON, stdout=subprocess.DEVNULL)
        until = time.monotonic() + 120
        while running.poll() is None and reader.end_offsets([part])[part] <= before:
            assert time.monotonic() < until, "nothing was sent"
        cut += running.poll() is None
        running.kill()
        running.wait()
    reader.close()
    assert cut, "each replay was over before it could be killed: the test shows nothing"
    done = penstock("dlq", "replay", job)
    assert done.returncode == 0, done.stderr
    sent = Counter(record.value.decode() for record in committed(name))
    assert sent == Counter(f"record {n}" for n in range(COUNT))
