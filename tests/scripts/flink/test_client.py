from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from answers import Answers, answering

from penstock.connectors.config.problems import RunError
from penstock.scripts.flink.client import Flink, FlinkJob
from penstock.scripts.flink.rest import Rejected

ID = "a" * 32
TRACE = "java.lang.RuntimeException: wrapped\n\tat x.Y\nCaused by: java.io.IOException: disk full\n\tat x.Z\n"


def listed(state: str, job_id: str = ID, name: str = "orders", started: int = 1000) -> dict[str, Any]:
    return {"jid": job_id, "name": name, "state": state, "start-time": started}


def overview(*jobs: dict[str, Any]) -> dict[str, Any]:
    return {"GET /jobs/overview": {"jobs": list(jobs)}}


def metric(restarts: str) -> dict[str, Any]:
    return {f"GET /jobs/{ID}/metrics": [{"id": "numRestarts", "value": restarts}]}


def failed(trace: str = TRACE, ago: float = 0) -> dict[str, Any]:
    entry = {"timestamp": (time.time() - ago) * 1000, "stacktrace": trace}
    return {f"GET /jobs/{ID}/exceptions": {"exceptionHistory": {"entries": [entry]}}}


def in_turn(*values: Any) -> Callable[[], Any]:
    """One value after another; the last one again and again."""
    left: Iterator[Any] = iter(values[:-1])
    return lambda: next(left, values[-1])


def client(server: Answers) -> Flink:
    return Flink(server.address)


def test_the_version_is_that_of_the_cluster() -> None:
    with answering({"GET /config": {"flink-version": "2.3.0"}}) as server:
        assert client(server).version() == "2.3.0"


@pytest.mark.parametrize("answer", [{"other": 1}, ["flink-version"]])
def test_json_of_another_service_is_not_a_flink(answer: Any) -> None:
    with answering({"GET /config": answer}) as server, pytest.raises(RunError) as caught:
        client(server).version()
    assert str(caught.value) == (
        f"what answers at {server.address} is not a Flink REST interface\n  do       correct the target's address"
    )


def test_jobs_are_listed_with_the_last_started_first() -> None:
    old, new = listed("FINISHED", "b" * 32, started=1), listed("RESTARTING", started=2)
    with answering(overview(old, new)) as server:
        flink = client(server)
        assert flink.jobs() == [
            FlinkJob(ID, "orders", "RESTARTING", 2),
            FlinkJob("b" * 32, "orders", "FINISHED", 1),
        ]
        assert flink.live("orders") == flink.job(ID) == FlinkJob(ID, "orders", "RESTARTING", 2)
        assert flink.live("other") is flink.job("c" * 32) is None


@pytest.mark.parametrize(
    ("state", "live"),
    [("RUNNING", True), ("RESTARTING", True), ("CREATED", True), ("FINISHED", False), ("CANCELED", False), ("FAILED", False)],
)  # fmt: skip
def test_a_job_is_live_until_it_has_ended(state: str, live: bool) -> None:
    assert FlinkJob(ID, "orders", state, 0).live == live


def kept(number: int, path: str, discarded: bool = False) -> dict[str, Any]:
    return {"id": number, "external_path": path, "discarded": discarded}


@pytest.mark.parametrize(
    ("latest", "own", "path"),
    [
        ({"completed": kept(3, "file:/chk-3"), "savepoint": kept(4, "file:/sp")}, False, "file:/sp"),
        ({"completed": kept(5, "file:/chk-5"), "savepoint": kept(4, "file:/sp")}, False, "file:/chk-5"),
        ({"completed": kept(3, "file:/chk-3"), "savepoint": kept(4, "file:/sp")}, True, "file:/chk-3"),
        ({"completed": kept(5, "file:/chk-5", discarded=True), "savepoint": kept(4, "file:/sp")}, False, "file:/sp"),
        ({"completed": kept(5, "file:/chk-5", discarded=True), "savepoint": None}, False, None),
        ({}, False, None),
    ],
)
def test_the_last_state_is_the_newest_that_was_not_deleted(latest: Any, own: bool, path: str | None) -> None:
    answers = {"GET /config": {"refresh-interval": 0}, f"GET /jobs/{ID}/checkpoints": {"latest": latest}}
    with answering(answers) as server:
        assert client(server).last_state(ID, own) == path


def test_the_last_state_is_read_after_the_clusters_copy_was_renewed() -> None:
    checkpoints = {"latest": {"completed": kept(1, "file:/old")}}
    with answering({"GET /config": {"refresh-interval": 200}, f"GET /jobs/{ID}/checkpoints": checkpoints}) as server:
        begun = time.monotonic()
        client(server).last_state(ID)
        assert time.monotonic() - begun >= 0.5


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ({"status": {"id": "IN_PROGRESS"}}, ("IN_PROGRESS", None)),
        ({"status": {"id": "IN_PROGRESS"}, "operation": None}, ("IN_PROGRESS", None)),
        ({"status": {"id": "COMPLETED"}, "operation": {"location": "file:/sp"}}, ("COMPLETED", "file:/sp")),
        ({"status": {"id": "COMPLETED"}, "operation": {"failure-cause": {}}}, ("COMPLETED", None)),
        ((404, {"errors": ["no such trigger"]}), ("UNKNOWN", None)),
    ],
)
def test_a_savepoint_that_was_never_requested_is_unknown(answer: Any, found: tuple[str, str | None]) -> None:
    with answering({f"GET /jobs/{ID}/savepoints/t": answer}) as server:
        assert client(server).savepoint_of(ID, "t") == found


def test_a_savepoint_is_awaited_until_it_has_a_path() -> None:
    done = {"status": {"id": "COMPLETED"}, "operation": {"location": "file:/sp"}}
    answers = in_turn({"status": {"id": "IN_PROGRESS"}}, done)
    with answering({f"GET /jobs/{ID}/savepoints/t": answers}) as server:
        assert client(server).await_savepoint(ID, "t", 5) == "file:/sp"


@pytest.mark.parametrize(
    ("cause", "reason"),
    [({"stack-trace": TRACE}, "java.io.IOException: disk full"), ({}, "Flink named no reason")],
)
def test_a_failed_savepoint_is_an_error_with_its_cause(cause: Any, reason: str) -> None:
    answer = {"status": {"id": "COMPLETED"}, "operation": {"failure-cause": cause}}
    with answering({f"GET /jobs/{ID}/savepoints/t": answer}) as server, pytest.raises(RunError) as caught:
        client(server).await_savepoint(ID, "t", 5)
    assert str(caught.value) == f"the savepoint failed: {reason}"


def test_a_savepoint_that_takes_too_long_is_an_error() -> None:
    answers = {f"GET /jobs/{ID}/savepoints/t": {"status": {"id": "IN_PROGRESS"}}}
    with answering(answers) as server, pytest.raises(RunError) as caught:
        client(server).await_savepoint(ID, "t", 0.1)
    assert str(caught.value) == (
        "the savepoint is not complete after 0.1 s\n  do       look at penstock status, and try again"
    )


def test_a_stop_and_a_savepoint_name_the_folder_only_when_there_is_one() -> None:
    answers = {f"POST /jobs/{ID}/stop": {}, f"POST /jobs/{ID}/savepoints": {"request-id": "t"}}
    with answering(answers) as server:
        flink = client(server)
        flink.trigger_stop(ID, "f" * 32, None)
        flink.trigger_stop(ID, "f" * 32, "s3://b/sp")
        assert flink.trigger_savepoint(ID, None) == flink.trigger_savepoint(ID, "s3://b/sp") == "t"
        assert [body for _, _, body in server.asked] == [
            {"drain": False, "triggerId": "f" * 32},
            {"drain": False, "triggerId": "f" * 32, "targetDirectory": "s3://b/sp"},
            {"cancel-job": False},
            {"cancel-job": False, "target-directory": "s3://b/sp"},
        ]


def test_the_end_of_a_job_is_awaited_and_a_forgotten_job_has_ended() -> None:
    with answering(
        {"GET /jobs/overview": in_turn(*({"jobs": [listed(s)]} for s in ("RUNNING", "FINISHED")))}
    ) as server:
        assert client(server).await_end(ID, 5) == "FINISHED"
        assert client(server).await_end("b" * 32, 5) == "UNKNOWN"


def test_a_job_that_does_not_end_is_an_error() -> None:
    with answering(overview(listed("RUNNING"))) as server, pytest.raises(RunError) as caught:
        client(server).await_end(ID, 0.1)
    assert str(caught.value) == f"the job {ID} has not ended after 0.1 s\n  do       look at penstock logs"


def test_a_job_runs_when_all_of_its_tasks_run_or_are_finished() -> None:
    tasks = [{"vertices": [{"status": s}, {"status": "FINISHED"}]} for s in ("SCHEDULED", "INITIALIZING", "RUNNING")]
    answers = overview(listed("RUNNING")) | metric("0") | {f"GET /jobs/{ID}": in_turn(*tasks)}
    with answering(answers) as server:
        assert client(server).await_running(ID, 5).state == "RUNNING"
        assert [path for _, path, _ in server.asked].count(f"/jobs/{ID}") == 3


def test_a_job_without_slots_says_how_many_are_taken() -> None:
    slots = {"GET /overview": {"slots-available": 0, "slots-total": 4}}
    answers = overview(listed("CREATED")) | metric("0") | slots | {f"GET /jobs/{ID}/exceptions": {}}
    with answering(answers) as server, pytest.raises(RunError) as caught:
        client(server).await_running(ID, 0.1)
    assert str(caught.value) == (
        "the job is CREATED after 0.1 s\n"
        "  do       all 4 slots are taken: stop a job, add TaskManagers, or lower flink.parallelism"
    )


def test_a_job_that_was_restarted_three_times_is_given_up_with_its_cause() -> None:
    with answering(metric("2") | failed()) as server:
        client(server).reject_restarting(ID)
    with answering(metric("3.0") | failed()) as server, pytest.raises(RunError) as caught:
        client(server).reject_restarting(ID)
    assert caught.value.head == "it fails again and again: the job failed: IOException: disk full"


def test_a_job_without_the_metric_was_not_restarted() -> None:
    with answering({f"GET /jobs/{ID}/metrics": []}) as server:
        assert client(server).restarts(ID) == 0


def test_the_cause_of_the_last_failure_is_put_behind_a_sentence() -> None:
    with answering(failed()) as server:
        assert client(server).why(ID) == ": IOException: disk full"
        assert client(server).failure(ID) == TRACE
    with answering({f"GET /jobs/{ID}/exceptions": {"exceptionHistory": {"entries": []}}}) as server:
        assert client(server).why(ID) == ""
        assert client(server).failure(ID) is None
        assert client(server).last_failure_age(ID) is None
        assert client(server).failed_at(ID) is None
    with answering({}) as server:
        assert client(server).why(ID) == ""


def test_the_age_of_a_failure_is_in_seconds_and_never_negative() -> None:
    with answering(failed(ago=100)) as server:
        assert client(server).last_failure_age(ID) == pytest.approx(100, abs=5)
        assert client(server).failed_at(ID) == pytest.approx(1000 * (time.time() - 100), abs=5000)
    with answering(failed(ago=-100)) as server:  # the clock of the cluster is ahead
        assert client(server).last_failure_age(ID) == 0


def test_the_checkpoint_of_a_forgotten_job_is_its_newest_complete_one(tmp_path: Path) -> None:
    for name in ("chk-9", "chk-10", "chk-11"):
        (tmp_path / "with space" / ID / name).mkdir(parents=True)
    for name in ("chk-9", "chk-10"):
        (tmp_path / "with space" / ID / name / "_metadata").touch()
    config = [{"key": "execution.checkpointing.dir", "value": (tmp_path / "with space").as_uri()}]
    with answering({"GET /jobmanager/config": config}) as server:
        assert client(server).kept_checkpoint(ID) == (tmp_path / "with space" / ID / "chk-10").as_uri()
        assert client(server).kept_checkpoint("b" * 32) is None


@pytest.mark.parametrize("config", [[], [{"key": "execution.checkpointing.dir", "value": "s3://b/c"}]])
def test_a_checkpoint_in_another_place_than_this_machine_is_not_looked_for(config: Any) -> None:
    with answering({"GET /jobmanager/config": config}) as server:
        assert client(server).kept_checkpoint(ID) is None


@pytest.mark.parametrize("status", [404, 409])
def test_a_job_that_has_ended_can_be_cancelled_again(status: int) -> None:
    with answering({f"PATCH /jobs/{ID}": (status, {"errors": ["it has ended"]})}) as server:
        client(server).cancel(ID)
        assert server.asked == [("PATCH", f"/jobs/{ID}?mode=cancel", None)]


def test_a_cancellation_that_the_cluster_rejects_is_an_error() -> None:
    with answering({f"PATCH /jobs/{ID}": (500, {"errors": ["busy"]})}) as server, pytest.raises(Rejected) as caught:
        client(server).cancel(ID)
    assert str(caught.value) == f"Flink at {server.address} rejected: busy"
