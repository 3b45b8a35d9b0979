from __future__ import annotations

from pathlib import Path

import pytest
from brokers import Stack
from small_job import small_job


@pytest.mark.slow
def test_a_cancelled_job_resumes_from_its_last_checkpoint(stack: Stack) -> None:
    stack.json("submit", small_job(stack.folder))
    stack.until(lambda: stack.json("status", "small")["checkpoint"]["completed"])
    asked = stack.penstock("stop", "small", "--cancel")
    assert asked.returncode == 2
    assert "Cancel small?" in asked.stderr
    assert "standard input ended without an answer: use --yes" in asked.stderr
    assert stack.live("small")
    stopped = stack.json("stop", "small", "--cancel", "--yes")
    assert stopped["state"] == "CANCELED"
    assert Path(stopped["savepoint"].removeprefix("file:"), "_metadata").exists()
    assert stack.json("resume", "small")["savepoint"] == stopped["savepoint"]
    done = stack.penstock("stop", "small")
    assert done.stdout.startswith("small is stopped, savepoint file:/")


def test_stopping_a_job_that_does_not_run_is_an_error(stack: Stack) -> None:
    done = stack.penstock("stop", "none")
    assert done.returncode == 1
    assert done.stderr.startswith(f"none: no such job runs at {stack.flink}\n")
    assert stack.penstock("stop", "none", "--cancel").stderr == done.stderr  # without a question
