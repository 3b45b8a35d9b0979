"""The parts of a run that need no JVM. tests/scripts/commands/test_run.py runs jobs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from penstock.connectors.config.problems import Problem, RunError
from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts.local import runner


def test_a_run_on_this_machine_with_paths_of_another_file_system_is_rejected() -> None:
    made = Pipeline.model_validate(
        {
            "name": "x",
            "source": {"files": {"path": "s3://bucket/in", "columns": {"a": "int"}}},
            "job": {"map": {"function": "double", "of": "a", "to": "b"}},
            "sink": {"console": {}},
        }
    )
    with pytest.raises(RunError) as caught:
        runner.run(made, runner.Options(), [])
    error = caught.value
    assert error.head == "the job needs a file system for s3://"
    assert error.found == "a run on this machine, where Flink has no file system for s3://"
    assert error.allowed == "local paths"
    assert error.do.startswith("set another path for this run (--set), or submit the job to a cluster")


def test_a_local_run_does_not_restart_and_has_a_slot_for_each_subtask(tmp_path: Path) -> None:
    own = {"parallelism.default": "3", "restart-strategy.type": "fixed-delay", "table.local-time-zone": "UTC"}
    assert runner.local_options(own, tmp_path / "progress.json") == {
        "parallelism.default": "3",
        "restart-strategy.type": "none",
        "table.local-time-zone": "UTC",
        "rest.bind-port": "0",
        "rest.bind-address": "localhost",
        "jobmanager.bind-host": "localhost",
        "metrics.reporter.penstock.factory.class": "penstock.ProgressReporter",
        "metrics.reporter.penstock.interval": "500 ms",
        "metrics.reporter.penstock.path": str(tmp_path / "progress.json"),
        "taskmanager.numberOfTaskSlots": "3",
    }


def test_the_folders_of_the_last_hundred_runs_and_of_those_that_have_not_ended_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "cache_dir", lambda: tmp_path)
    assert runner.new_log_dir("first").parent == tmp_path / "logs"
    folders = [f"runs-{os.getpid()}", *(f"old-{number}-ended" for number in range(103))]
    for at, name in enumerate(folders):
        (tmp_path / "logs" / name).mkdir(parents=True)
        os.utime(tmp_path / "logs" / name, (at, at))
    made = runner.new_log_dir("job")
    assert made.name.startswith("job-")
    assert made.name.endswith(f"-{os.getpid()}")
    left = {folder.name for folder in (tmp_path / "logs").iterdir()}
    assert left == {folders[0], *folders[4:]}


def test_what_user_functions_print_goes_to_the_log(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with runner.python_output(tmp_path):
        sys.stdout.write("out\n")
        sys.stderr.write("err\n")
    assert (tmp_path / "python.log").read_text() == "out\nerr\n"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("problem", [KeyboardInterrupt(), RunError("it failed", do="x"), Problem(("job",), "x")])
def test_an_error_that_is_data_already_stays_as_it_is(tmp_path: Path, problem: BaseException) -> None:
    with pytest.raises(type(problem)) as caught, runner.failures(tmp_path):
        raise problem
    assert caught.value is problem


def test_any_other_exception_becomes_an_error_with_its_cause_and_the_log(tmp_path: Path) -> None:
    with pytest.raises(RunError) as caught, runner.failures(tmp_path):
        raise ValueError("thirteen")
    assert "thirteen" in str(caught.value)
    assert str(tmp_path) in str(caught.value)
    assert isinstance(caught.value.__cause__, ValueError)
