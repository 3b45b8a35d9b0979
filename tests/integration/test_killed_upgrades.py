"""An upgrade that is killed at any of its steps: never two copies, and the next command completes it. Nothing is lost or written twice."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from brokers import Stack
from cli import penstock
from jobs_on_kafka import CLOSING, Producer, create_topics, send, wanted, write_job, written

pytestmark = pytest.mark.slow

# Kills this very process before its n-th step. The checkpoints are read again and again: before the third time, nothing has changed.
KILLER = """
import os, sys
from penstock.scripts.cluster.submission_process import SubmissionProcess
from penstock.scripts.flink.client import Flink
from penstock.scripts.cluster.ledger import Ledger
from penstock.scripts.main import main

left = int(sys.argv[1])

def watched(name, method):
    calls = 0

    def call(*arguments, **named):
        global left
        nonlocal calls
        calls += 1
        left -= name != "checkpoints" or calls <= 2
        if left == 0:
            os.kill(os.getpid(), 9)
        return method(*arguments, **named)
    return call

STEPS = {
    Ledger: ("add", "begin", "update", "end"),
    Flink: ("trigger_stop", "await_savepoint", "await_end", "await_running", "checkpoints"),
    SubmissionProcess: ("submit", "_answer"),
}
for owner, names in STEPS.items():
    for name in names:
        setattr(owner, name, watched(name, getattr(owner, name)))
sys.argv = ["penstock", *sys.argv[2:]]
main()
"""
MOST = 40


def _upgrade(stack: Stack, step: int, job: Path) -> int:
    command = (str(step), "upgrade", job, "--checkpoints", "1", "--hold", "0")
    done = penstock(*command, cwd=stack.folder, code=KILLER, **stack.environ)
    sys.stderr.write(done.stderr)  # pytest shows it when the test fails
    return done.returncode


def test_killed_at_each_step_there_are_never_two_and_nothing_is_lost_or_twice(
    stack: Stack, topic: Callable[..., str], committed: Callable[[str], list[Any]]
) -> None:
    name = "killed"
    create_topics(topic, name)
    # Versions that mean the same for these records.
    versions = [write_job(stack.folder / f"{n}.yaml", name, keep=f"NOBODY{n}") for n in range(MOST)]
    stack.json("submit", versions[0])
    most_at_once, over = [0], threading.Event()

    def watch() -> None:
        while not over.wait(0.1):
            most_at_once[0] = max(most_at_once[0], len(stack.live(name)))

    watcher = threading.Thread(target=watch)
    watcher.start()
    steps = 0
    try:
        with Producer(stack.kafka, name) as producer:
            for step in range(1, MOST):
                code = _upgrade(stack, step, versions[step])
                _reconciled(stack, name)
                if code != -9:
                    assert code == 0
                    break
                steps += 1
            else:
                raise AssertionError(f"not done after {MOST} steps")
    finally:
        over.set()
        watcher.join()
    assert steps >= 12, steps
    assert most_at_once[0] == 1
    send(stack.kafka, name, range(CLOSING, CLOSING + 1))
    expected = wanted(versions[0], range(producer.sent))
    stack.until(lambda: sum(written(committed(f"{name}-sums")).values()) >= sum(expected.values()))
    stack.json("stop", name)
    assert written(committed(f"{name}-sums")) == expected


def _reconciled(stack: Stack, name: str) -> None:
    """As a person would: ask for the status until nothing is at work, and resume what was left stopped."""
    stack.until(lambda: "is at work on it" not in stack.penstock("status", name).stdout)
    if not stack.live(name):
        stack.json("resume", name)
