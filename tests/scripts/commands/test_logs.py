from __future__ import annotations

import os
from pathlib import Path

from brokers import Stack
from cli import penstock
from small_job import small_job


def test_the_logs_of_client_and_cluster(stack: Stack) -> None:
    job_id = stack.json("submit", small_job(stack.folder))["job_id"]
    assert stack.penstock("logs", "small").stdout == "small: no failure was recorded\n"
    assert job_id in stack.penstock("logs", "small", "--of", "jobmanager", "--lines", "2000").stdout
    assert stack.penstock("logs", "small", "--of", "taskmanager").stdout.count("== taskmanager-") == 2
    assert "== " in stack.penstock("logs", "small", "--of", "client").stdout


def test_a_submission_that_has_not_written_yet_hides_no_log(tmp_path: Path) -> None:
    for second, text in enumerate(["the first", "the second", ""]):
        folder = tmp_path / "logs" / f"submit-small-{second}"
        folder.mkdir(parents=True)
        (folder / "flink.log").write_text(text)
        os.utime(folder, (second, second))
    shown = penstock("logs", "small", "--of", "client", PENSTOCK_CACHE=str(tmp_path))
    assert "the second" in shown.stdout, shown.stderr
    none = penstock("logs", "other", "--of", "client", PENSTOCK_CACHE=str(tmp_path))
    assert none.returncode == 1
    assert "other: no submission from this machine has left a log" in none.stderr
