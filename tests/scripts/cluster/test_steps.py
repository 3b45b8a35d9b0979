"""The order of writes and requests, which makes an operation safe to kill: the ledger knows each step before the cluster does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from penstock.connectors.config.problems import RunError
from penstock.scripts.cluster import package as packages
from penstock.scripts.cluster import steps, transactions
from penstock.scripts.cluster.ledger import Ledger
from penstock.scripts.cluster.records import Action, Replaced, State, Stopping, Submitting, Version, Versions
from penstock.scripts.cluster.resume_point import ResumePoint
from penstock.scripts.cluster.submission_process import AlreadySubmitted
from penstock.scripts.flink.client import FlinkJob
from penstock.scripts.flink.rest import Unreachable

JOB = FlinkJob("a" * 32, "j", "RUNNING", 0)


class World:
    """Deployments, a cluster, a package and a submission in one; it writes down what is called. `fails` raises at a call of that name."""

    def __init__(self, folder: Path, fails: dict[str, RunError] | None = None) -> None:
        self.done: list[str] = []
        self.fails = fails or {}
        self.ledger = Ledger(folder)
        self.target_name, self.name, self.address = "t", "j", "http://flink"
        self.config_hash = self.code_hash = "c" * 64
        self.versions, self.operators = Versions("0.1.0", "2.3.0", "3.12", {}), ()
        self.savepoints, self.submitted = None, ""
        for name in ("add", "begin", "update", "end"):
            setattr(self.ledger, name, self._noted(name, getattr(self.ledger, name)))
        self.flink = self.target = self

    def _noted(self, name: str, method: Any) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            self.done.append(name)
            return method(*arguments, **named)

        return call

    def _step(self, name: str) -> None:
        self.done.append(name)
        if name in self.fails:
            raise self.fails[name]

    def step(self, text: str) -> None:
        """What the command tells a person while it works."""

    def write(self, file: Path, with_jars: bool) -> None:
        self._step("package")

    def submit(self, options: dict[str, str]) -> None:
        self.submitted = options["$internal.pipeline.job-id"]
        operation = self.ledger.operation("j", "t")
        assert operation and isinstance(operation.step, Submitting)
        assert operation.step.job_id == self.submitted
        self._step("submit")

    def trigger_stop(self, job_id: str, trigger: str, folder: str | None) -> None:
        operation = self.ledger.operation("j", "t")
        assert operation and operation.step == Stopping(job_id, trigger)
        self._step("trigger_stop")

    def await_running(self, job_id: str, timeout: float) -> FlinkJob:
        self._step("await_running")
        return JOB

    def await_savepoint(self, job_id: str, trigger: str, timeout: float) -> str:
        self._step("await_savepoint")
        return "file:/s"

    def await_end(self, job_id: str, timeout: float) -> str:
        self._step("await_end")
        return "FINISHED"

    def jobs(self) -> list[FlinkJob]:
        return []

    def job(self, job_id: str) -> None:
        self._step("job")

    def checkpoints(self, job_id: str) -> dict[str, Any]:
        return {"counts": {"completed": 3}}

    def start(self, replaced: Replaced | None = None) -> steps.Started:
        world: Any = self
        return steps.start(world, Action.UPGRADE, world, world, "file:/s", replaced=replaced)

    def stop(self) -> str:
        world: Any = self
        return steps.stop_with_savepoint(world, JOB, Action.STOP)


def test_a_submission_is_in_the_ledger_before_it_is_sent(tmp_path: Path) -> None:
    world = World(tmp_path)
    assert world.start().state == "RUNNING"
    assert world.done == ["package", "add", "begin", "submit", "update", "await_running", "end"]
    [deployment] = world.ledger.deployments()
    assert (deployment.state, deployment.job_id) == (State.RUNNING, world.submitted)


def test_the_operation_of_an_upgrade_continues_after_the_submission(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.start(Replaced(1, compatible=True))
    assert world.done[-1] == "await_running"
    operation = world.ledger.operation("j", "t")
    assert operation and operation.step == Submitting(world.submitted, 1, Replaced(1, compatible=True))


def test_a_failed_submission_is_seen_gone_before_it_is_written_down_as_failed(tmp_path: Path) -> None:
    world = World(tmp_path, {"submit": RunError("no slots", do="stop a job")})
    with pytest.raises(RunError) as caught:
        world.start()
    assert (caught.value.head, caught.value.do) == ("j: no slots", "stop a job")
    assert world.done == ["package", "add", "begin", "submit", "job", "update", "end"]
    [deployment] = world.ledger.deployments()
    assert (deployment.state, deployment.note) == (State.FAILED, "no slots")


@pytest.mark.parametrize(("state", "said"), [("CANCELED", True), ("FAILED", False), (None, False)])
def test_a_failed_submission_says_that_the_job_was_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str | None, said: bool
) -> None:
    world: Any = World(tmp_path, {"await_running": RunError("it fails again and again")})
    world.job = lambda job_id: FlinkJob(job_id, "j", state, 0) if state else None
    world.say = None
    monkeypatch.setattr(steps, "resume_point", lambda *_: ResumePoint())
    monkeypatch.setattr(transactions, "abort_open", lambda *_: None)
    with pytest.raises(RunError) as caught:
        world.start()
    assert caught.value.details == (("  the job was cancelled because its start failed",) if said else ())
    assert caught.value.do == ("penstock logs j shows the whole error" if said else "")


def test_the_job_of_a_submission_that_was_first_is_left_alone(tmp_path: Path) -> None:
    world = World(tmp_path, {"submit": AlreadySubmitted("another was first")})
    with pytest.raises(RunError, match="j: another was first"):
        world.start()
    assert world.done == ["package", "add", "begin", "submit", "update", "end"]


def test_a_submission_whose_result_is_unknown_stays_in_the_ledger(tmp_path: Path) -> None:
    lost = Unreachable("no answer", do="look")
    world = World(tmp_path, {"await_running": lost, "job": lost})
    with pytest.raises(RunError) as caught:
        world.start()
    assert caught.value.head == "j: whether it was submitted is not known: no answer"
    assert caught.value.do == "look; then penstock status j, when the cluster answers again"
    assert world.ledger.operation("j", "t")


@pytest.mark.parametrize(("last", "savepoint"), [(None, "file:/from"), ("file:/c", "file:/c")])
def test_a_cancelled_job_continues_from_its_last_checkpoint_or_what_it_was_started_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: str | None, savepoint: str
) -> None:
    world: Any = World(tmp_path)
    world.cancel = world.done.append
    monkeypatch.setattr(steps, "resume_point", lambda _, job_id, started_from: ResumePoint(last or started_from))
    monkeypatch.setattr(packages, "read", lambda _: None)
    monkeypatch.setattr(transactions, "abort_open", lambda *_: world.done.append("abort"))
    world.say = None
    version = Version("j", "c", "d", world.versions, (), "p.zip", JOB.id, "file:/from")
    world.ledger.update(world.ledger.add(Action.SUBMIT, "t", version), State.RUNNING)
    assert steps.cancel(world, JOB, world.ledger.last("j", "t"))[1] == savepoint
    assert world.done == ["add", "update", "begin", JOB.id, "await_end", "update", "abort", "end"]
    assert world.ledger.last("j", "t").savepoint == savepoint


def test_a_stop_is_in_the_ledger_before_it_is_requested_and_the_caller_ends_it(tmp_path: Path) -> None:
    world = World(tmp_path)
    assert world.stop() == "file:/s"
    assert world.done == ["begin", "trigger_stop", "await_savepoint", "await_end"]


@pytest.mark.parametrize(
    ("problem", "head", "remains"),
    [
        (Unreachable("no answer"), "j: whether it has stopped is not known: no answer", True),
        (
            RunError("the savepoint failed"),
            "j: it could not be stopped, and continues to run: the savepoint failed",
            False,
        ),
    ],
)
def test_a_failed_stop_ends_the_operation_only_when_the_job_surely_runs(
    tmp_path: Path, problem: RunError, head: str, remains: bool
) -> None:
    world = World(tmp_path, {"await_savepoint": problem})
    with pytest.raises(RunError) as caught:
        world.stop()
    assert caught.value.head == head
    assert (world.ledger.operation("j", "t") is not None) == remains
