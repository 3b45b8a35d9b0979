"""A job that reads from and writes into RabbitMQ while the broker and a TaskManager are killed."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path

import pytest
import yaml
from brokers import Stack
from queues import Received, broker, drain, needs_rabbitmq, publish, waiting

from penstock.scripts.flink.client import Flink
from penstock.scripts.stack.rabbitmq import RabbitMq
from tests.faults import watch

SENT = 5_000
JOB = "killed-rabbitmq"


@needs_rabbitmq
@pytest.mark.slow
def test_each_message_is_read_once_and_published_at_least_once(stack: Stack, tmp_path: Path) -> None:
    with broker() as rabbit:
        publish(
            rabbit,
            "in",
            ((json.dumps({"id": n, "name": f"n{n}"}).encode(), {"message_id": f"m{n}"}) for n in range(SENT)),
        )
        stack.json("submit", _job(stack, rabbit, tmp_path))
        read: list[Received] = []
        stack.until(lambda: _read(rabbit, read) > 500)
        rabbit.kill()
        stack.until(lambda: "waits for its system to answer" in stack.penstock("status", JOB).stdout)
        rabbit.start()
        before = len(read)
        stack.until(lambda: _read(rabbit, read) > before)
        [busy] = watch.busy(Flink(stack.flink))
        stack.cluster.kill(busy)
        assert waiting(rabbit, "in"), "every message was read before the TaskManager was killed: the test shows nothing"
        stack.cluster.launch(busy)
        stack.until(lambda: _read(rabbit, read) >= SENT and len({one.id for one in read}) == SENT, 120)
        stack.until(lambda: stack.json_any("status", JOB)["rows"]["out"] >= SENT)
        found = stack.json_any("status", JOB)
        assert found["rows"]["in"] == SENT and found["restarts"] >= 1
        stack.json("stop", JOB)
        time.sleep(1)  # messages that were not acknowledged would be back in the queue
        assert waiting(rabbit, "in") == 0
    numbers = Counter(
        json.loads(line)["id"]
        for file in (tmp_path / "out").rglob("*")
        if file.is_file() and not file.name.startswith((".", "_"))
        for line in file.read_text().splitlines()
    )
    assert numbers == Counter(range(SENT))
    assert {json.loads(one.body)["id"] for one in read} == set(range(SENT))
    assert len({(one.id, one.body) for one in read}) == SENT  # each id has one body, by which a consumer recognises it


def _read(rabbit: RabbitMq, read: list[Received]) -> int:
    read += drain(rabbit, "out")
    return len(read)


def _job(stack: Stack, rabbit: RabbitMq, folder: Path) -> Path:
    (stack.folder / "password").write_text(rabbit.password)  # the environment of the TaskManagers does not have it
    login = {"url": rabbit.address, "user": "penstock", "password": f"${{directory:{stack.folder}:password}}"}
    columns = {"id": "bigint", "name": "string"}
    job = {
        "name": JOB,
        "source": {"rabbitmq": {**login, "queue": "in", "columns": columns, "prefetch": 500}},
        "job": {"map": {"function": "upper", "of": "name", "to": "name"}},
        "sink": [
            {"files": {"path": str(folder / "out")}},
            {"rabbitmq": {**login, "queue": "out", "create": True, "message_id": "id"}},
        ],
        "flink": {"checkpoint": "1 s"},
    }
    file = folder / "job.yaml"
    file.write_text(yaml.safe_dump(job, sort_keys=False))
    return file
