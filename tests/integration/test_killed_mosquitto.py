"""A job that reads from an MQTT broker while the broker and a TaskManager are killed."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
import yaml
from brokers import Stack
from topics import broker, needs_mosquitto, publish, subscribe, waiting

from penstock.scripts.stack.mosquitto import Mosquitto

SENT = 3_000
JOB = "killed-mosquitto"


@needs_mosquitto
@pytest.mark.slow
def test_each_message_is_read_at_least_once(stack: Stack, tmp_path: Path) -> None:
    with broker() as mosquitto:
        subscribe(mosquitto, JOB, "in/#")
        _publish(mosquitto, 0)
        time.sleep(3)  # the broker saves its messages every 2 s, and loses what it has not saved
        mosquitto.kill()
        mosquitto.start()
        stack.json("submit", _job(stack, mosquitto, tmp_path))
        stack.until(lambda: len(_numbers(tmp_path)) == SENT)
        time.sleep(3)
        mosquitto.kill()
        stack.until(lambda: "waits for its system to answer" in stack.penstock("status", JOB).stdout)
        mosquitto.start()
        _publish(mosquitto, SENT)
        stack.cluster.kill("taskmanager-1")
        time.sleep(1)
        stack.cluster.launch("taskmanager-1")
        stack.until(lambda: len(_numbers(tmp_path)) == 2 * SENT, 120)
        stack.json("stop", JOB)
        assert waiting(mosquitto, JOB) == []
    assert _numbers(tmp_path) == set(range(2 * SENT))


def _publish(mosquitto: Mosquitto, begin: int) -> None:
    numbers = range(begin, begin + SENT)
    publish(mosquitto, [(f"in/{n % 9}", json.dumps({"id": n, "name": f"n{n}"}).encode()) for n in numbers])


def _numbers(folder: Path) -> set[int]:
    """The ids in the files that a checkpoint has completed."""
    files = [one for one in (folder / "out").rglob("*") if one.is_file() and not one.name.startswith((".", "_"))]
    return {json.loads(line)["id"] for file in files for line in file.read_text().splitlines()}


def _job(stack: Stack, mosquitto: Mosquitto, folder: Path) -> Path:
    (stack.folder / "password").write_text(mosquitto.password)  # the environment of the TaskManagers does not have it
    source = {
        "url": mosquitto.address, "user": "penstock", "password": f"${{directory:{stack.folder}:password}}",
        "topic": "in/#", "client_id": JOB, "columns": {"id": "bigint", "name": "string"},
    }  # fmt: skip
    job = {
        "name": JOB,
        "source": {"mqtt": source},
        "job": {"map": {"function": "upper", "of": "name", "to": "name"}},
        "sink": {"files": {"path": str(folder / "out")}},
        "flink": {"checkpoint": "1 s"},
    }
    file = folder / "job.yaml"
    file.write_text(yaml.safe_dump(job, sort_keys=False))
    return file
