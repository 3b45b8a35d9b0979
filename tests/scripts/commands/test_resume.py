from __future__ import annotations

import shutil
from pathlib import Path

from brokers import Stack
from small_job import small_job


def test_a_missing_savepoint_is_an_error_and_nothing_runs(stack: Stack) -> None:
    stack.json("submit", small_job(stack.folder))
    stack.until(lambda: stack.json("status", "small")["checkpoint"]["completed"])
    stopped = stack.json("stop", "small")
    folder = Path(stopped["savepoint"].removeprefix("file:"))
    hidden = folder.with_name("hidden")
    shutil.move(folder, hidden)
    done = stack.penstock("resume", "small")
    assert done.returncode == 1
    assert "Cannot find checkpoint or savepoint file/directory" in done.stderr
    assert "Traceback" not in done.stderr
    assert stack.live("small") == []
    shutil.move(hidden, folder)
    assert stack.json("resume", "small")["savepoint"] == stopped["savepoint"]


def test_a_damaged_savepoint_is_an_error_and_nothing_runs(stack: Stack) -> None:
    stack.json("submit", small_job(stack.folder))
    stack.until(lambda: stack.json("status", "small")["checkpoint"]["completed"])
    metadata = Path(stack.json("stop", "small")["savepoint"].removeprefix("file:")) / "_metadata"
    whole = metadata.read_bytes()
    metadata.write_bytes(whole[: len(whole) // 2])
    done = stack.penstock("resume", "small")
    assert done.returncode == 1
    assert "small: " in done.stderr.splitlines()[0]
    assert "EOFException" in done.stderr or "Could not load" in done.stderr or "not a valid" in done.stderr
    assert "Traceback" not in done.stderr
    assert stack.live("small") == []
    metadata.write_bytes(whole)
    stack.json("resume", "small")


def test_a_job_that_was_never_there(stack: Stack) -> None:
    done = stack.penstock("resume", "never")
    assert (done.returncode, done.stderr.splitlines()[0]) == (1, "never: the ledger knows no such job at session")
