"""The reasons and the text of a status, from the answers of a cluster. With a real one: tests/integration/test_life_of_a_job.py."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from answers import answering
from packages import deployed, package

from penstock.connectors.config.problems import RunError
from penstock.scripts.cluster.ledger import Ledger
from penstock.scripts.cluster.records import State
from penstock.scripts.cluster.status import Status, status, text
from penstock.scripts.flink import metrics
from penstock.scripts.flink.client import Flink
from penstock.scripts.flink.metrics import Metrics

ID = "a" * 32
TRACE = "java.lang.RuntimeException: wrapped\n\tat x.Y\nCaused by: java.io.IOException: disk full\n\tat x.Z\n"


@pytest.fixture(autouse=True)
def no_metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cluster has no metrics of the job."""
    monkeypatch.setattr(metrics, "fresh", lambda *_: Metrics({}, None))


def checkpoints(age: float | None, *failed: int) -> dict[str, Any]:
    """A last completed checkpoint with the number 5, and failed ones with these numbers."""
    last = {
        "id": 5, "latest_ack_timestamp": (time.time() - (age or 0)) * 1000, "end_to_end_duration": 1500, "checkpointed_size": 2048,
    }  # fmt: skip
    return {
        "latest": {"completed": None if age is None else last},
        "counts": {"completed": 5, "failed": len(failed)},
        "history": [{"id": number, "status": "FAILED"} for number in failed],
    }


def exceptions(ago: float) -> dict[str, Any]:
    return {"exceptionHistory": {"entries": [{"timestamp": (time.time() - ago) * 1000, "stacktrace": TRACE}]}}


def running(state: str = "RUNNING", tasks: tuple[str, ...] = ("RUNNING",), **changes: Any) -> dict[str, Any]:
    """The answers about a job that was started 100 seconds ago. `changes` replaces those to `checkpoints` and `exceptions`."""
    job = {"jid": ID, "name": "small", "state": state, "start-time": (time.time() - 100) * 1000}
    return {
        "GET /jobs/overview": {"jobs": [job]},
        f"GET /jobs/{ID}": {"vertices": [{"status": task} for task in tasks]},
        f"GET /jobs/{ID}/checkpoints": changes.get("checkpoints", checkpoints(4)),
        f"GET /jobs/{ID}/exceptions": changes.get("exceptions", {}),
        f"GET /jobs/{ID}/metrics": [{"id": "numRestarts", "value": "1"}],
    }


def read(answers: dict[str, Any], ledger: Ledger, name: str = "small") -> Status:
    with answering(answers) as server:
        jobs: Any = SimpleNamespace(
            flink=Flink(server.address), ledger=ledger, target_name="session", seen_ended=lambda job: False,
            say=lambda text: None,
        )  # fmt: skip
        return status(jobs, name)


def test_a_job_that_runs_and_completes_checkpoints_is_healthy(tmp_path: Path) -> None:
    found = read(running(tasks=("RUNNING", "FINISHED")), Ledger(tmp_path))
    assert (found.state, found.healthy, found.reasons, found.restarts) == ("RUNNING", True, [], 1)
    assert found.uptime == pytest.approx(100, abs=5)
    assert found.checkpoint
    assert found.checkpoint.pop("age") == pytest.approx(4, abs=3)
    assert found.checkpoint == {
        "id": 5, "duration": 1.5, "bytes": 2048, "completed": 5, "failed": 0, "failed_since": 0,
    }  # fmt: skip
    assert set(found.rows.values()) == {None}


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        (lambda: running("RESTARTING"), "it is RESTARTING"),
        (
            lambda: running(tasks=("RUNNING", "SCHEDULED", "INITIALIZING")),
            "it is RUNNING, with tasks INITIALIZING, SCHEDULED",
        ),
        (lambda: running(checkpoints=checkpoints(None)), "no checkpoint so far; one is due every 10 s"),
        (lambda: running(checkpoints=checkpoints(4, 4, 6, 7)), "2 checkpoints failed since the last good one"),
    ],
)
def test_each_sign_of_trouble_is_a_reason(tmp_path: Path, answers: Callable[[], dict[str, Any]], reason: str) -> None:
    found = read(answers(), Ledger(tmp_path))
    assert (found.healthy, found.reasons) == (False, [reason])


def test_an_old_checkpoint_is_a_reason(tmp_path: Path) -> None:
    assert read(running(checkpoints=checkpoints(20)), Ledger(tmp_path)).healthy
    [reason] = read(running(checkpoints=checkpoints(1000)), Ledger(tmp_path)).reasons
    assert reason == "the last checkpoint is 1000 s old; one is due every 10 s"


def test_a_failure_is_a_reason_for_five_minutes(tmp_path: Path) -> None:
    [reason] = read(running(exceptions=exceptions(20)), Ledger(tmp_path)).reasons
    assert reason.startswith("it failed and restarted 2")
    assert reason.endswith(" s ago: IOException: disk full; penstock logs small shows the whole error")
    assert read(running(exceptions=exceptions(301)), Ledger(tmp_path)).healthy


def test_two_jobs_of_one_name_are_a_reason(tmp_path: Path) -> None:
    answers = running()
    [job] = answers["GET /jobs/overview"]["jobs"]
    other = {**job, "jid": "b" * 32, "start-time": 0}
    found = read({**answers, "GET /jobs/overview": {"jobs": [job, other]}}, Ledger(tmp_path))
    assert found.reasons == [f"2 jobs of this name run: {ID}, {'b' * 32}"]


def ended(state: str) -> dict[str, Any]:
    job = {"jid": ID, "name": "small", "state": state, "start-time": 0}
    return {
        "GET /jobs/overview": {"jobs": [job]},
        f"GET /jobs/{ID}/exceptions": exceptions(20) if state == "FAILED" else {},
    }


def test_a_job_that_has_read_all_of_its_input_is_healthy(tmp_path: Path) -> None:
    found = read(ended("FINISHED"), Ledger(tmp_path))
    assert (found.state, found.healthy, found.reasons) == ("FINISHED", True, [])


def test_the_counts_of_a_job_that_has_ended_are_those_of_its_tasks_when_they_ended(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    deployed(ledger, package(), State.RUNNING)
    counts = {"penstock_in": 5, "penstock_sink_1": 3, "other": 9}
    kept = [{"name": name, "type": "LongCounter", "value": str(count)} for name, count in counts.items()]
    answers = {
        **ended("FINISHED"), "GET /config": {"refresh-interval": 0},
        f"GET /jobs/{ID}/checkpoints": {"latest": {}}, f"GET /jobs/{ID}/accumulators": {"user-task-accumulators": kept},
    }  # fmt: skip
    found = read(answers, ledger)
    assert found.state == "FINISHED"
    assert {name: rows for name, rows in found.rows.items() if rows} == {"in": 5, "out": 3, "filtered": 2, "rest": 2}
    assert found.rest_is == "filtered"
    assert "  rows         in 5, out 3, filtered 2, dead 0, late 0 (since its first start)" in text(found)


def test_a_failed_job_says_why(tmp_path: Path) -> None:
    found = read(ended("FAILED"), Ledger(tmp_path))
    assert (found.state, found.healthy) == ("FAILED", False)
    assert found.reasons == [
        "it does not run",
        "it failed: IOException: disk full; penstock logs small shows the whole error",
    ]


def test_a_cause_is_named_once_for_a_job_whose_tasks_restart(tmp_path: Path) -> None:
    found = read(running(tasks=("RUNNING", "SCHEDULED"), exceptions=exceptions(20)), Ledger(tmp_path))
    first, second = found.reasons
    assert first == (
        "it is RUNNING, with tasks SCHEDULED: IOException: disk full; penstock logs small shows the whole error"
    )
    assert second.endswith(" s ago")


@pytest.mark.parametrize("known", [True, False])
def test_a_job_whose_start_failed_says_so(tmp_path: Path, known: bool) -> None:
    ledger = Ledger(tmp_path)
    deployed(ledger, package(), State.FAILED, note="the job is RESTARTING after 60 s: disk full")
    found = read(ended("CANCELED") if known else {"GET /jobs/overview": {"jobs": []}}, ledger)
    assert (found.state, found.job_id, found.healthy) == ("CANCELED" if known else "FAILED", ID, False)
    why = "its start failed: the job is RESTARTING after 60 s: disk full"
    logs = "; penstock logs small shows the whole error"
    assert found.reasons == ["it does not run", f"it was cancelled because {why}{logs}" if known else why]


def test_a_stopped_job_names_its_savepoint_and_the_command_that_resumes_it(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    deployed(ledger, package(), State.STOPPED, savepoint="file:/sp")
    found = read({"GET /jobs/overview": {"jobs": []}}, ledger)
    assert (found.state, found.job_id, found.savepoint) == ("STOPPED", ID, "file:/sp")
    assert found.reasons == ["it does not run; penstock resume small starts it from its savepoint"]


def test_a_job_that_nobody_knows_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="other: no such job runs at"):
        read(running(), Ledger(tmp_path), "other")


def test_the_text_has_the_verdict_first_and_each_known_value() -> None:
    found = Status(
        "small", ID, "RUNNING", False, ["one reason"], 1234.5, 2,
        {"id": 7, "age": 4.2, "duration": 1.5, "bytes": 2048}, 61.4,
        {"in": 1200, "out": 7, "aggregated": None, "filtered": 3, "rest": 3, "dead": 0, "late": 0}, "filtered or in open windows",
        0.256, 0, None, "http://f:1", 12, ["interval-join"], ["the source reads what sink_1 writes (topic a)"],
    )  # fmt: skip
    assert text(found).splitlines() == [
        "small: RUNNING, NOT healthy",
        "  ! one reason",
        f"  job          {ID} at http://f:1, up 20 min, 2 restarts",
        "  checkpoint   7, 4 s ago, took 1.5 s, 2,048 bytes",
        "  watermark    1 min behind the clock",
        "  rows         in 1,200, out 7, filtered or in open windows 3, dead 0, late 0 (since its first start)",
        "  late         12 rows dropped by Flink's own operators (since its last start)",
        "  late         rows that come too late for the interval-join are dropped, and Flink does not count them",
        "  loop         the source reads what sink_1 writes (topic a), as allow_loop accepts",
        "  backpressure 26%",
        "  failed committables 0",
    ]


def test_the_text_says_when_the_rows_of_a_running_job_are_not_known() -> None:
    assert text(Status("small", ID, "RUNNING", True, [])).splitlines() == [
        "small: RUNNING, healthy",
        "  rows         not known: its metrics are missing, or old",
    ]
    assert text(Status("small", ID, "STOPPED", False, [], savepoint="file:/sp")).splitlines() == [
        "small: STOPPED, NOT healthy",
        "  savepoint    file:/sp",
    ]
