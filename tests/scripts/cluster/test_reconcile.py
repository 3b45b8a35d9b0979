"""Each step at which an operation was broken off, for each state in which the cluster may be then.

A fake cluster answers here: a real one cannot be brought into most of these states at will. With a real one, and real kills:
tests/integration/test_killed_upgrades.py.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, cast

import pytest
from ledgers import old_ledger

from penstock.scripts.cluster.deployments import Deployments
from penstock.scripts.cluster.reconcile import reconcile, reconcile_if_free
from penstock.scripts.cluster.records import Action, Cancelling, Deployment, State, Version, Versions
from penstock.scripts.flink.client import FlinkJob


@dataclasses.dataclass
class Cluster:
    """What the cluster says of its only job: the job's state (None: unknown) and the answer about the savepoint."""

    state: str | None
    savepoint: tuple[str, str | None] = ("UNKNOWN", None)
    last: str | None = None

    def job(self, job_id: str) -> FlinkJob | None:
        return FlinkJob(job_id, "j", self.state, 0) if self.state else None

    def savepoint_of(self, job_id: str, trigger: str) -> tuple[str, str | None]:
        return self.savepoint

    def last_state(self, job_id: str, own: bool = False) -> str | None:
        return self.last

    def last_kept(self, job_id: str) -> dict[str, Any] | None:
        kept = {"external_path": self.last, "trigger_timestamp": 0, "latest_ack_timestamp": 0}
        return kept if self.last else None

    def failed_at(self, job_id: str) -> int | None:
        return None

    def completed(self, job_id: str) -> int:
        return 1 if self.last else 0

    def kept_checkpoint(self, job_id: str) -> str | None:
        return self.last

    def await_end(self, job_id: str, timeout: float) -> str:
        self.state = "CANCELED"
        return self.state


class Jobs:
    """The part of `Deployments` that reconciliation uses."""

    def __init__(self, folder: Path, cluster: Cluster) -> None:
        self.ledger, self.flink, self.target_name = old_ledger(folder), cluster, "session"
        self.said: list[str] = []
        self.say = self.said.append

    def reconcile(self, name: str) -> str | None:
        return reconcile(cast(Deployments, self), name)

    def last(self, name: str) -> Deployment:
        return self.ledger.deployments(name)[0]


CASES: list[tuple[str, Cluster, str, State, str | None]] = [
    ("stop-stopping", Cluster("RUNNING"), "the job still runs, no savepoint was requested", State.RUNNING, None),
    (
        "stop-stopping", Cluster("RUNNING", ("COMPLETED", None)), "the job still runs, the savepoint failed",
        State.RUNNING, None,
    ),
    (
        "stop-stopping", Cluster("FINISHED", ("COMPLETED", "file:/s")), "the job has stopped, with the savepoint file:/s",
        State.STOPPED, "file:/s",
    ),
    (
        "upgrade-stopping", Cluster("FINISHED", last="file:/c"), "the job has stopped, with the savepoint file:/c",
        State.STOPPED, "file:/c",
    ),
    ("upgrade-stopping", Cluster(None), "the cluster no longer knows the job", State.STOPPED, None),
    ("stop-cancelling", Cluster("RUNNING"), "the job still runs", State.RUNNING, None),
    ("stop-cancelling", Cluster("CANCELLING", last="file:/c"), "the job was cancelled", State.STOPPED, "file:/c"),
    ("stop-cancelling", Cluster(None), "the job was cancelled", State.STOPPED, None),
    ("submit-submitting", Cluster("RUNNING"), "the new version was submitted, and runs", State.RUNNING, None),
    ("submit-submitting", Cluster("FINISHED"), "the new version was submitted, and has finished", State.RUNNING, None),
    ("submit-submitting", Cluster("FAILED"), "the new version has ended as FAILED", State.FAILED, None),
    ("submit-submitting", Cluster(None), "the new version was not started", State.FAILED, None),
    ("upgrade-submitting", Cluster("RUNNING"), "the new version was submitted, and runs", State.RUNNING, None),
    ("upgrade-submitting", Cluster(None), "the new version was not started", State.FAILED, None),
    ("upgrade-submitting", Cluster("CANCELLING"), "the new version has ended as CANCELED", State.FAILED, None),
    ("upgrade-submitting", Cluster("FAILING"), "the new version has ended as CANCELED", State.FAILED, None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "cluster", "found", "state", "savepoint"), CASES, ids=lambda one: str(one)[:60])
def test_the_ledger_is_brought_into_line_with_the_cluster(
    tmp_path: Path, name: str, cluster: Cluster, found: str, state: State, savepoint: str | None
) -> None:
    jobs = Jobs(tmp_path, cluster)
    action = name.split("-")[0]
    text = (
        f"{name}: {'an' if action == 'upgrade' else 'a'} {action} of 2026-01-31T12:00:00+00:00 was broken off; {found}"
    )
    assert jobs.reconcile(name) == text
    assert jobs.said == [text]
    assert (jobs.last(name).state, jobs.last(name).savepoint) == (state, savepoint)
    assert jobs.ledger.operation(name, "session") is None
    (other := tmp_path / "other").mkdir()
    untouched = [one for one in old_ledger(other).deployments() if one.name != name]
    assert [one for one in jobs.ledger.deployments() if one.name != name] == untouched


@pytest.mark.parametrize("state", ["FAILED", "CANCELLING", None])
def test_the_old_version_resumes_after_what_the_new_one_has_committed(tmp_path: Path, state: str | None) -> None:
    jobs = Jobs(tmp_path, Cluster(state, last="file:/newer"))
    assert jobs.reconcile("upgrade-submitting")
    new, old = jobs.ledger.deployments("upgrade-submitting")
    assert (new.state, old.state, old.savepoint) == (State.FAILED, State.STOPPED, "file:/newer")


def test_a_cancelled_job_keeps_the_savepoint_that_is_known(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path, Cluster(None))
    jobs.ledger.update(jobs.last("stop-cancelling").id, State.STOPPED, "file:/c", "cancelled")
    jobs.reconcile("stop-cancelling")
    assert jobs.last("stop-cancelling").savepoint == "file:/c"


def test_a_job_that_failed_before_its_first_checkpoint_continues_from_what_it_was_started_from(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path, Cluster("FAILED"))
    version = Version("new", "c", "d", Versions("0.1.0", "2.3.0", "3.12", {}), (), "p.zip", "b" * 32, "file:/from")
    jobs.ledger.update(jobs.ledger.add(Action.RESUME, "session", version), State.RUNNING)
    assert jobs.reconcile("new") is None
    assert (jobs.last("new").state, jobs.last("new").savepoint) == (State.STOPPED, "file:/from")


@pytest.mark.parametrize(
    ("cluster", "savepoint"),
    [(Cluster("CANCELED"), "file:/from"), (Cluster("CANCELED", last="file:/c"), "file:/c"), (Cluster(None), None)],
)
def test_a_cancelled_job_without_a_checkpoint_continues_from_what_it_was_started_from(
    tmp_path: Path, cluster: Cluster, savepoint: str | None
) -> None:
    jobs = Jobs(tmp_path, cluster)
    version = Version("new", "c", "d", Versions("0.1.0", "2.3.0", "3.12", {}), (), "p.zip", "b" * 32, "file:/from")
    jobs.ledger.update(jobs.ledger.add(Action.SUBMIT, "session", version), State.RUNNING)
    jobs.ledger.begin("new", "session", Action.STOP, Cancelling("b" * 32))
    assert jobs.reconcile("new")
    assert jobs.last("new").savepoint == savepoint


@pytest.mark.parametrize(
    ("cluster", "state", "savepoint"),
    [
        (Cluster("RUNNING"), State.RUNNING, None),
        (Cluster("FINISHED"), State.ENDED, None),
        (Cluster("FINISHED", last="file:/s"), State.STOPPED, "file:/s"),
        (Cluster("FAILED", last="file:/c"), State.STOPPED, "file:/c"),
        (Cluster(None, last="file:/c"), State.STOPPED, "file:/c"),
        (Cluster(None), State.LOST, None),
    ],
    ids=str,
)
def test_a_job_that_ended_unseen_is_found(
    tmp_path: Path, cluster: Cluster, state: State, savepoint: str | None
) -> None:
    jobs = Jobs(tmp_path, cluster)
    assert jobs.reconcile("runs") is None
    assert (jobs.last("runs").state, jobs.last("runs").savepoint) == (state, savepoint)


@pytest.mark.parametrize("name", ["stopped", "lost", "ended", "failed", "unknown"])
def test_a_job_that_does_not_run_is_left_alone(tmp_path: Path, name: str) -> None:
    jobs = Jobs(tmp_path, Cluster("RUNNING"))
    before = jobs.ledger.deployments()
    assert jobs.reconcile(name) is None
    assert jobs.ledger.deployments() == before


def test_a_command_that_only_reads_says_who_is_at_work(tmp_path: Path) -> None:
    jobs: Any = Jobs(tmp_path, Cluster("RUNNING"))
    with jobs.ledger.locked("runs", "session"):
        [said] = reconcile_if_free(jobs, "runs")
    assert said.startswith("runs: process ")
    assert said.endswith("is at work on it")
