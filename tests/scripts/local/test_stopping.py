"""Rows, signals, and the ends of `stop`. It stops real jobs in tests/scripts/commands/test_run.py and tests/faults/test_runs.py."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from cli import ENVIRON, ROOT
from written import written

from penstock.scripts.local import stopping
from penstock.scripts.local.pipe import Pipe
from penstock.scripts.local.stopping import Rows, asked_to_stop, stop


@pytest.mark.parametrize(
    ("limit", "shown", "left_out", "reached"),
    [(None, 4, 0, False), (5, 4, 0, False), (4, 4, 0, True), (3, 3, 1, True), (1, 1, 3, True), (0, 0, 4, True)],
)
def test_at_most_limit_rows_are_passed_on_and_the_others_are_counted(
    tmp_path: Path, limit: int | None, shown: int, left_out: int, reached: bool
) -> None:
    passed: list[bytes] = []
    with Pipe(tmp_path / "rows") as pipe, pipe.path.open("wb", buffering=0) as writer:
        rows = Rows(pipe, limit, passed.extend)
        for part in (b"1\n2\n", b"3\n4\n"):
            writer.write(part)
            assert rows.take(1)
        assert not rows.take(0)
    assert passed == [b"1", b"2", b"3", b"4"][:shown]
    assert (rows.left_out, rows.limit_reached) == (left_out, reached)


def test_all_rows_in_the_pipe_are_passed_on(tmp_path: Path) -> None:
    passed: list[bytes] = []
    with Pipe(tmp_path / "rows") as pipe, pipe.path.open("wb", buffering=0) as writer:
        writer.write(b"1\n2\n")
        Rows(pipe, None, passed.extend).drain()
    assert passed == [b"1", b"2"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_is_noted_and_the_second_interrupts(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with asked_to_stop() as asked:
        assert asked == []
        os.kill(os.getpid(), number)
        assert asked == [number]
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before


HALFWAY = (
    "StopWithSavepointStoppingException: A savepoint has been created at: file:/tmp/a/savepoint-1, but the corresponding job 76fa failed "
    "during stopping. The savepoint is consistent, but might have uncommitted transactions."
)


class _Job:
    """A job that ends with a failure, or without one."""

    def __init__(self, failure: str = "") -> None:
        self.failure, self.cancelled = failure, False

    def get_job_execution_result(self) -> _Job:
        return self

    def result(self) -> None:
        if self.failure:
            raise RuntimeError(self.failure)

    def done(self) -> bool:
        return True

    def cancel(self) -> None:
        self.cancelled = True


def _stopped(
    jobs: list[_Job], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, problem: str = ""
) -> tuple[str, list[str]]:
    """The answer of `stop`, and the savepoints from which it restarted the job, one after the other as these."""
    monkeypatch.setattr(stopping, "_with_savepoint", lambda *_: problem)
    restarted: list[str] = []

    def restart(savepoint: str) -> Any:
        restarted.append(savepoint)
        return jobs[len(restarted)]

    with Pipe(tmp_path / "rows") as pipe:
        rows = Rows(pipe, None, lambda lines: None)
        return stop(jobs[0], jobs[0], rows, tmp_path, restart), restarted


def test_a_job_that_ends_with_its_savepoint_is_not_restarted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _stopped([_Job()], monkeypatch, tmp_path) == ("", [])


def test_a_job_that_fails_after_its_savepoint_is_restored_from_it_and_stopped_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [_Job(HALFWAY), _Job(HALFWAY.replace("savepoint-1", "savepoint-2")), _Job()]
    assert _stopped(jobs, monkeypatch, tmp_path) == ("", ["file:/tmp/a/savepoint-1", "file:/tmp/a/savepoint-2"])


@pytest.mark.parametrize("jobs", [[_Job("a row has no key")], [_Job(HALFWAY), _Job(HALFWAY), _Job(HALFWAY)]])
def test_another_failure_and_the_third_one_are_errors(
    jobs: list[_Job], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RuntimeError, match=r"has no key|A savepoint has been created"):
        _stopped(jobs, monkeypatch, tmp_path)


def test_a_job_without_a_savepoint_is_cancelled_and_the_reason_returned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = _Job()
    assert _stopped([job], monkeypatch, tmp_path, "no savepoint") == ("no savepoint", [])
    assert job.cancelled


# A real job that is stopped and whose end is then reported as Flink reports the failure after a savepoint.
FAILING = """
from penstock.scripts.local import stopping
from penstock.scripts.main import main
real, failed = stopping._with_savepoint, []
def once(job, result, rows, savepoint):
    problem = real(job, result, rows, savepoint)
    if not failed:
        [path] = savepoint.glob("savepoint-*")
        failed.append(path)
        text = f"A savepoint has been created at: {path.as_uri()}, but the corresponding job 1 failed during stopping"
        def fails():
            raise RuntimeError(text)
        result.result = fails
    return problem
stopping._with_savepoint = once
main()
"""


@pytest.mark.slow
def test_a_restored_job_goes_on_from_its_savepoint_and_counts_on(tmp_path: Path) -> None:
    job = {
        "name": "restored",
        "source": {
            "datagen": {
                "columns": {"n": "bigint"},
                "rows_per_second": 100,
                "fields": {"n": {"sequence": [1, 100_000]}},
            }
        },
        "job": {"map": {"function": "square", "of": "n", "to": "m"}},
        "sink": [{"console": {}}, {"files": {"path": str(tmp_path / "out")}}],
        "flink": {"checkpoint": "30 s"},
    }
    (tmp_path / "job.yaml").write_text(yaml.safe_dump(job), encoding="utf-8")
    command = [sys.executable, "-c", FAILING, "run", str(tmp_path / "job.yaml"), "--timeout", "3"]
    done = subprocess.run(command, cwd=ROOT, env=ENVIRON, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    rows = [row["n"] for row in written(tmp_path / "out")]
    assert rows == list(range(1, len(rows) + 1))
    assert len(done.stdout.splitlines()) == len(rows)
    assert f"rows in {len(rows)}, out {len(rows)}," in done.stderr
    assert len(list(tmp_path.glob("out/**/part-*"))) > 1, "the restored job wrote rows too"
