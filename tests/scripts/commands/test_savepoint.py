from __future__ import annotations

from pathlib import Path

from brokers import Stack
from small_job import small_job


def test_a_savepoint_is_kept_and_the_job_runs_on(stack: Stack) -> None:
    job_id = stack.json("submit", small_job(stack.folder))["job_id"]
    path = stack.json("savepoint", "small")["savepoint"]
    assert Path(path.removeprefix("file:"), "_metadata").exists()
    assert stack.live("small") == [job_id]
