from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from brokers import Stack
from cli import penstock
from kafka.admin import ConfigResource, ConfigResourceType
from small_job import small_job

from penstock.connectors.kafka.preflight import admin


def test_a_machine_that_is_set_up_passes_every_check() -> None:
    done = penstock("doctor", "--output", "json")
    found = {finding["what"]: finding["state"] for finding in json.loads(done.stdout)}
    assert {found[what] for what in ("Python", "packages", "Java", "Flink", "cache")} == {"ok"}
    assert done.returncode == 0


def test_each_problem_comes_with_its_fix() -> None:
    done = penstock("doctor", PENSTOCK_CACHE="/proc/version/x")
    assert done.returncode == 1
    [line] = [line for line in done.stdout.splitlines() if line.startswith("bad")]
    assert re.split(r"  +", line) == [
        "bad", "cache", "/proc/version/x is not writable", "set PENSTOCK_CACHE to a writable folder"
    ]  # fmt: skip


def test_a_java_home_without_java_is_reported_and_not_used(tmp_path: Path) -> None:
    assert "is not a Java 17 or 21 and is ignored" in penstock("doctor", JAVA_HOME=str(tmp_path)).stdout


@pytest.mark.slow
def test_a_target_and_the_brokers_of_a_job_are_checked(stack: Stack, topic: Callable[..., str]) -> None:
    topic("doctored", partitions=2)
    topic("doctored-in")
    topic("doctored-dead")
    with closing(admin("doctor", stack.kafka)) as client:
        limit = ConfigResource(ConfigResourceType.TOPIC, "doctored-dead", {"max.message.bytes": "2000"})
        client.alter_configs([limit])
    kafka = {"bootstrap": stack.kafka, "topic": "doctored", "guarantee": "exactly_once", "transaction_timeout": "1 h"}
    dead_letters = {"kafka": {"bootstrap": stack.kafka, "topic": "doctored-dead"}}
    source = {"bootstrap": stack.kafka, "topic": "doctored-in", "group": "doctored", "columns": {"id": "bigint"}}
    job = small_job(
        stack.folder,
        source={"kafka": {**source, "on_error": "dead_letter"}},
        sink={"kafka": kafka},
        dead_letters=dead_letters,
    )
    done = stack.penstock("doctor", "--target", "session", "--job", job, "--output", "json")
    found = {one["what"]: one for one in json.loads(done.stdout)}
    assert found["REST upload"]["found"] == "closed"
    assert found["slots"]["state"] == "ok"
    assert found["flink-python"]["state"] == "ok"
    assert found["Python workers"]["state"] == "ok", found["Python workers"]
    assert found["topic doctored"]["found"] == "2 partitions, 1 replica, 1 must acknowledge"
    assert found["topic doctored-dead"] == {
        "state": "warn",
        "what": "topic doctored-dead",
        "found": "takes 2000 bytes, a record may have 1048588",
        "do": "a larger bad record stops the job: let it take 1153446 bytes (a topic: max.message.bytes)",
    }
    assert "use 3 replicas" in found["transaction log"]["do"]
    assert found["transaction timeout"] == {
        "state": "bad",
        "what": "transaction timeout",
        "found": "3600 s; the broker allows at most 900 s",
        "do": "lower transaction_timeout, or raise the broker's transaction.max.timeout.ms",
    }
    assert done.returncode == 1


def test_a_target_that_does_not_answer_is_one_finding(tmp_path: Path) -> None:
    done = penstock("doctor", "--target", "session", cwd=tmp_path, FLINK="http://127.0.0.1:9")
    assert done.returncode == 1
    assert re.split(r"  +", done.stdout.splitlines()[-1]) == [
        "bad", "REST", "no Flink answers at http://127.0.0.1:9 (ConnectionError)", "start it, or correct the target's address"
    ]  # fmt: skip
