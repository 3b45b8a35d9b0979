from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from answers import answering

from penstock.connectors.config.problems import RunError
from penstock.scripts.cluster.ledger import Ledger
from penstock.scripts.cluster.logs import logs
from penstock.scripts.flink.client import Flink

ID = "a" * 32


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PENSTOCK_CACHE", str(tmp_path))
    return tmp_path


def read(answers: dict[str, Any], part: str, folder: Path, lines: int = 2) -> dict[str, str]:
    with answering(answers) as server:
        jobs: Any = SimpleNamespace(flink=Flink(server.address), ledger=Ledger(folder), target_name="session")
        return logs(jobs, "small", part, lines)


def submission(cache: Path, name: str, age: float, **files: str) -> Path:
    folder = cache / "logs" / f"submit-{name}-20260101-120000-{1000 - int(age)}"
    folder.mkdir(parents=True)
    for file, text in files.items():
        (folder / f"{file}.log").write_text(text)
    os.utime(folder, (1e9 - age, 1e9 - age))
    return folder


def test_the_log_of_the_client_is_that_of_the_last_submission_that_wrote_one(cache: Path) -> None:
    submission(cache, "small", age=20, driver="oldest\n")
    last = submission(cache, "small", age=10, driver="one\ntwo\nthree\n", flink="four\n", empty="")
    submission(cache, "small", age=0, driver="")
    submission(cache, "other", age=0, driver="other\n")
    assert read({}, "client", cache) == {str(last / "driver.log"): "two\nthree", str(last / "flink.log"): "four"}


def test_the_log_of_a_job_whose_name_begins_the_same_is_not_shown(cache: Path) -> None:
    own = submission(cache, "small", age=10, driver="mine\n")
    submission(cache, "small-orders", age=0, driver="other\n")
    submission(cache, "small-2026", age=0, driver="other\n")
    assert read({}, "client", cache) == {str(own / "driver.log"): "mine"}


def test_without_a_submission_from_this_machine_the_client_has_no_log(cache: Path) -> None:
    submission(cache, "other", age=0, driver="other\n")
    with pytest.raises(RunError) as caught:
        read({}, "client", cache)
    assert str(caught.value) == "small: no submission from this machine has left a log"


def test_the_end_of_the_jobmanagers_log_is_read(cache: Path) -> None:
    assert read({"GET /jobmanager/log": "a\nb\nc\n"}, "jobmanager", cache) == {"jobmanager": "b\nc"}


def test_each_taskmanager_has_its_own_log(cache: Path) -> None:
    answers = {
        "GET /taskmanagers": {"taskmanagers": [{"id": "tm-1:1"}, {"id": "tm-2:2"}]},
        "GET /taskmanagers/tm-1:1/log": "a\n",
        "GET /taskmanagers/tm-2:2/log": "b\n",
    }
    assert read(answers, "taskmanager", cache) == {"tm-1:1": "a", "tm-2:2": "b"}


def test_the_failure_is_the_root_cause_of_the_last_one(cache: Path) -> None:
    trace = "java.lang.RuntimeException: wrapped\n\tat x.Y\nCaused by: java.io.IOException: disk full\n\tat x.Z\n"
    job = {"jid": ID, "name": "small", "state": "FAILED", "start-time": 1}
    answers = {
        "GET /jobs/overview": {"jobs": [job]},
        f"GET /jobs/{ID}/exceptions": {"exceptionHistory": {"entries": [{"stacktrace": trace, "timestamp": 0}]}},
    }
    assert read(answers, "failure", cache)["failure"].splitlines()[0] == "the job failed: IOException: disk full"
    assert read({**answers, f"GET /jobs/{ID}/exceptions": {}}, "failure", cache) == {}


def test_a_job_that_the_cluster_does_not_know_has_no_failure(cache: Path) -> None:
    with pytest.raises(RunError, match="small: no such job runs at"):
        read({"GET /jobs/overview": {"jobs": []}}, "failure", cache)
