from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from brokers import Stack
from small_job import small_job


@pytest.mark.slow
def test_a_missing_or_damaged_savepoint_is_an_error_and_nothing_runs(stack: Stack) -> None:
    stack.json("submit", small_job(stack.folder))
    stack.until(lambda: stack.json("status", "small")["checkpoint"]["completed"])
    path = stack.json("stop", "small")["savepoint"]
    folder = Path(path.removeprefix("file:"))
    hidden = folder.with_name("hidden")
    shutil.move(folder, hidden)
    assert "Cannot find checkpoint or savepoint file/directory" in _rejected(stack)
    shutil.move(hidden, folder)

    metadata = folder / "_metadata"
    whole = metadata.read_bytes()
    metadata.write_bytes(whole[: len(whole) // 2])
    errors = _rejected(stack)
    assert "small: " in errors.splitlines()[0]
    assert "EOFException" in errors or "Could not load" in errors or "not a valid" in errors
    metadata.write_bytes(whole)
    assert stack.json("resume", "small")["savepoint"] == path


def _rejected(stack: Stack) -> str:
    """The error of `resume`, after which nothing runs."""
    done = stack.penstock("resume", "small")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert stack.live("small") == []
    return done.stderr


def test_a_job_that_was_never_there(stack: Stack) -> None:
    done = stack.penstock("resume", "never")
    assert (done.returncode, done.stderr.splitlines()[0]) == (1, "no job named never was deployed to session")
