"""A job's whole life on a real cluster, with a real Kafka: nothing is missing and nothing comes twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from brokers import Stack
from jobs_on_kafka import CLOSING, Producer, create_topics, send, wanted, write_job, written

BROKEN = "def explode(n):\n    raise ValueError('this version is broken')\n"


@pytest.mark.slow
def test_submit_upgrade_break_and_roll_back_stop_and_resume(
    stack: Stack, topic: Callable[..., str], committed: Callable[[str], list[Any]]
) -> None:
    name = "life"
    create_topics(topic, name)
    job = write_job(stack.folder / "life.yaml", name)
    started = stack.json("submit", job)
    assert started == {
        "name": name,
        "job_id": stack.live(name)[0],
        "state": "RUNNING",
        "address": stack.flink,
    }

    send(stack.kafka, name, range(500))
    stack.until(lambda: stack.json("status", name)["rows"]["in"] == 500)
    status = stack.json("status", name)
    assert (status["state"], status["healthy"], status["reasons"]) == ("RUNNING", True, [])
    assert status["restarts"] == 0
    assert status["checkpoint"]["age"] < 30

    # An edit to the filter keeps the window's state: open windows continue their sums, in another state backend.
    rocksdb = {"checkpoint": "500 ms", "state": {"backend": "rocksdb"}}
    changed = write_job(stack.folder / "changed.yaml", name, keep="EVE", flink=rocksdb)
    plan = stack.penstock("plan", changed, "--against", "session")
    assert plan.returncode == 3, plan.stderr
    assert "  ~ job.0.uppercase_filter.keep.not_equals: NOBODY -> EVE\n" in plan.stdout
    upgraded = stack.json("upgrade", changed)
    assert upgraded["changes"]["lost"] == []
    assert stack.live(name) == [upgraded["job_id"]]
    send(stack.kafka, name, range(500, 1000))
    stack.until(lambda: stack.json("status", name)["rows"]["in"] == 1000)  # counted on from before the upgrade

    # A version that fails is rolled back.
    (stack.folder / "broken.py").write_text(BROKEN)
    steps = [
        {"uppercase_filter": {"column": "user", "keep": {"not_equals": "EVE"}}},
        {"map": {"function": "broken.explode", "of": "n", "to": "n", "type": "bigint"}},
        {"rolling_sum": {"key": "user", "value": "n", "window": {"tumble": "10 s"}}},
    ]
    broken = write_job(stack.folder / "broken.yaml", name, job=steps, flink=rocksdb)
    with Producer(stack.kafka, name, first=1000) as producer:
        failed = stack.penstock("upgrade", broken, "--timeout", "40")
    assert failed.returncode == 1
    assert f"{name}: the upgrade failed, and the version before runs again" in failed.stderr
    assert "this version is broken" in failed.stderr
    [after] = stack.live(name)
    assert after != upgraded["job_id"]

    stopped = stack.json("stop", name)
    assert (stopped["name"], stopped["state"]) == (name, "FINISHED")
    assert stack.live(name) == []
    again = stack.penstock("submit", job)
    assert again.returncode == 1
    assert f"{name}: it has state to resume from, and submitting would start without it\n" in again.stderr
    down = stack.penstock("status", name)
    assert (down.returncode, down.stdout.splitlines()[0]) == (1, f"{name}: STOPPED, NOT healthy")
    send(stack.kafka, name, range(producer.sent, producer.sent + 200))
    resumed = stack.json("resume", name)
    assert resumed["savepoint"] == stopped["savepoint"]

    last = producer.sent + 200
    send(stack.kafka, name, range(CLOSING, CLOSING + 1))
    kept = [n for n in range(last) if n < 500 or n % 4 != 2]
    expected = wanted(changed, kept)
    stack.until(lambda: sum(written(committed(f"{name}-sums")).values()) >= sum(expected.values()))
    stack.json("stop", name)
    assert written(committed(f"{name}-sums")) == expected
    assert committed(f"{name}-dead") == []
    actions = [deploy["action"] for deploy in stack.json("history", name)]
    assert actions == ["resume", "rollback", "upgrade", "upgrade", "submit"]


POISON = """
def explode(n):
    if n == 300:
        raise ValueError("this version cannot process 300")
    return n
"""


@pytest.mark.slow
def test_a_version_that_fails_later_is_rolled_back_from_its_last_checkpoint(
    stack: Stack, topic: Callable[..., str], committed: Callable[[str], list[Any]]
) -> None:
    """The version completes checkpoints for a while. Once it fails and restarts again and again, it can take no savepoint."""
    name = "later"
    create_topics(topic, name)
    stack.json("submit", write_job(stack.folder / "later.yaml", name))
    (stack.folder / "poison.py").write_text(POISON)
    steps = [
        {"uppercase_filter": {"column": "user", "keep": {"not_equals": "NOBODY"}}},
        {"map": {"function": "poison.explode", "of": "n", "to": "n", "type": "bigint"}},
        {"rolling_sum": {"key": "user", "value": "n", "window": {"tumble": "10 s"}}},
    ]
    stack.json("upgrade", write_job(stack.folder / "poisoned.yaml", name, job=steps))
    send(stack.kafka, name, range(300))
    stack.until(lambda: stack.json("status", name)["rows"]["in"] == 300)
    send(stack.kafka, name, range(300, 400))
    stack.until(lambda: "cannot process 300" in stack.penstock("status", name).stdout)
    back = stack.penstock("rollback", name)
    assert back.returncode == 0, back.stderr
    assert "it fails and restarts, so it takes no savepoint" in back.stderr
    send(stack.kafka, name, range(400, 500))
    send(stack.kafka, name, range(CLOSING, CLOSING + 1))
    expected = wanted(stack.folder / "later.yaml", range(500))
    stack.until(lambda: sum(written(committed(f"{name}-sums")).values()) >= sum(expected.values()))
    stack.json("stop", name)
    assert written(committed(f"{name}-sums")) == expected
    assert committed(f"{name}-dead") == []
