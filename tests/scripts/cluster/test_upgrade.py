"""What an upgrade rejects, and when a new version counts as good. With real clusters: tests/integration/test_life_of_a_job.py and
tests/integration/test_killed_upgrades.py."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from packages import JOB, deployed, package

from penstock.connectors.config.problems import RunError
from penstock.connectors.runtime.home import flink_version
from penstock.scripts.cluster import steps, upgrade
from penstock.scripts.cluster.compare import Comparison
from penstock.scripts.cluster.ledger import Ledger
from penstock.scripts.cluster.records import Action, Replaced, State, Submitting
from penstock.scripts.cluster.steps import CannotStop, Started
from penstock.scripts.cluster.submission_process import AlreadySubmitted
from penstock.scripts.cluster.upgrade import Unsafe, Watch, rollback
from penstock.scripts.flink.client import Flink, FlinkJob

DEDUP = "deduplicate Deduplicate(keep=[FirstRow], key=[id]) ['ROW<`id` BIGINT>'] -> ROW"
STARTED = Started("small", "a" * 32, "RUNNING", "http://f:1", "file:/sp")


class Cluster(Flink):
    """A cluster in which a job has, at each look, the next of these states, completed checkpoints and restarts."""

    def __init__(self, *looks: tuple[str | None, int, int]) -> None:
        super().__init__("http://f:1")
        self.looks = list(looks)

    def job(self, job_id: str) -> FlinkJob | None:
        self.now = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        return FlinkJob(job_id, "small", self.now[0], 0) if self.now[0] else None

    def completed(self, job_id: str) -> int:
        return self.now[1]

    def restarts(self, job_id: str) -> int:
        return self.now[2]

    def failed_at(self, job_id: str) -> int | None:
        return self.now[2] or None

    def failure(self, job_id: str) -> str | None:
        return None


def await_checkpoints(cluster: Cluster, watch: Watch, monkeypatch: pytest.MonkeyPatch) -> float:
    """The seconds until the new version counts as good, by a clock that only the waiting moves."""
    clock = [0.0]

    def sleep(seconds: float) -> None:
        clock[0] += seconds

    monkeypatch.setattr(upgrade, "time", SimpleNamespace(monotonic=lambda: clock[0], sleep=sleep))
    jobs: Any = SimpleNamespace(flink=cluster)
    upgrade._await_checkpoints(jobs, STARTED, watch)
    return round(clock[0], 1)


def test_an_upgrade_that_would_lose_state_says_which_and_how_to_allow_it() -> None:
    lost = Comparison({}, {}, [], [], [DEDUP], ["the state would be dropped"], [])
    problem = Unsafe("small", lost, "penstock upgrade job.yaml")
    assert problem.exit_code == 4
    assert str(problem) == (
        "small: the upgrade would lose state, so nothing was done\n"
        "  ! lost: the values of id that came so far: a key that came before the upgrade counts as new "
        "(the new version has no such step)\n"
        "  do       penstock upgrade job.yaml --drop-state, to accept the loss"
    )


def test_a_rollback_that_would_lose_state_says_so_of_the_rollback() -> None:
    lost = Comparison({}, {}, [], [], [DEDUP], ["the state would be dropped"], [])
    problem = Unsafe("small", lost, "penstock rollback small", "rollback")
    assert (problem.head, problem.do) == (
        "small: the rollback would lose state, so nothing was done",
        "penstock rollback small --drop-state, to accept the loss",
    )


def test_an_upgrade_with_wrong_state_cannot_be_allowed() -> None:
    problem = Unsafe("small", Comparison({}, {}, [], [], [DEDUP], ["x"], ["source no longer names a"]))
    assert str(problem) == (
        "small: the upgrade would continue with wrong state, so nothing was done\n  ! source no longer names a"
    )


def test_a_new_version_is_good_after_its_checkpoints_and_some_time(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch(checkpoints=2, timeout=60, hold=5)
    assert await_checkpoints(Cluster(("RUNNING", 2, 0)), watch, monkeypatch) == 5.1
    late = Cluster(*[("RUNNING", 1, 0)] * 40, ("RUNNING", 2, 0))
    assert await_checkpoints(late, watch, monkeypatch) == 12.0


def test_the_time_begins_again_with_each_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = Cluster(*[("RUNNING", 2, 0)] * 10, ("RUNNING", 2, 1))
    monkeypatch.setattr(failed, "restarts", lambda _: 0)  # the metric is up to ten seconds old
    assert await_checkpoints(failed, Watch(hold=5), monkeypatch) == 8.1


def test_a_new_version_that_has_read_its_whole_input_is_good_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await_checkpoints(Cluster(("FINISHED", 0, 0)), Watch(), monkeypatch) == 0


@pytest.mark.parametrize(
    ("look", "text"),
    [
        (("FAILED", 0, 0), "it ended as FAILED"),
        (("CANCELED", 5, 0), "it ended as CANCELED"),
        ((None, 0, 0), "it ended as UNKNOWN"),
        (("RUNNING", 5, 3), "it fails again and again"),
        (
            ("RUNNING", 1, 0),
            "1 of 2 checkpoints within 60 s\n  do       allow more time with --timeout, or see penstock logs",
        ),
    ],
)
def test_a_new_version_that_ends_fails_or_makes_no_checkpoints_is_bad(
    look: tuple[str | None, int, int], text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RunError) as caught:
        await_checkpoints(Cluster(look), Watch(timeout=60), monkeypatch)
    assert str(caught.value) == text


class Stuck(Cluster):
    """A cluster whose job takes no savepoint. `age`: seconds since its last failure; `last`: its last checkpoint."""

    def __init__(self, state: str, age: float | None, last: str | None) -> None:
        super().__init__((state, 0, 0))
        self.age, self.last = age, last

    def live(self, name: str) -> FlinkJob | None:
        return self.job("a" * 32)

    def all_run(self, job: FlinkJob) -> bool:
        return job.state == "RUNNING"

    def last_failure_age(self, job_id: str) -> float | None:
        return self.age


@pytest.mark.parametrize(
    ("state", "age", "last", "used"),
    [
        ("RESTARTING", 1, "file:/chk", "file:/chk"), ("RESTARTING", None, "file:/from", "file:/from"),
        ("RUNNING", 5, "file:/chk", "file:/chk"),
        ("RUNNING", 600, "file:/chk", None), ("RUNNING", None, "file:/chk", None),
    ],
)  # fmt: skip
def test_a_job_that_fails_again_and_again_is_replaced_from_its_last_checkpoint(
    monkeypatch: pytest.MonkeyPatch, state: str, age: float | None, last: str | None, used: str | None
) -> None:
    def rejected(*_: Any) -> str:
        raise CannotStop("small: it could not be stopped, and continues to run")

    said: list[str] = []
    monkeypatch.setattr(steps, "stop_with_savepoint", rejected)
    monkeypatch.setattr(steps, "cancel", lambda *_: ("CANCELED", last))
    monkeypatch.setattr(upgrade, "_RECOVERY", 0.01)
    jobs: Any = SimpleNamespace(flink=Stuck(state, age, last), say=said.append)
    old: Any = SimpleNamespace(id=1, job_id="a" * 32, from_savepoint="file:/from")
    if used is None:
        with pytest.raises(CannotStop):
            upgrade._stop(jobs, "small", old)
        assert said == []
    else:
        assert upgrade._stop(jobs, "small", old) == used
        assert said == [
            "small: it fails and restarts, so it takes no savepoint: it is cancelled, and its last checkpoint is used"
        ]


def test_a_job_that_recovers_from_one_failure_takes_a_savepoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "stop_with_savepoint", lambda *_: "file:/sp")
    cluster = Stuck("RESTARTING", 1, None)
    cluster.looks = [("RUNNING", 0, 1), ("RESTARTING", 0, 1), ("RESTARTING", 0, 1), ("RUNNING", 0, 1)]
    ledger = Ledger(tmp_path)
    deployed(ledger, package())
    jobs: Any = SimpleNamespace(flink=cluster, ledger=ledger)
    [old] = ledger.deployments("small")
    assert upgrade._stop(jobs, "small", old) == "file:/sp"


class Replacing(SimpleNamespace):
    """Deployments with version 1 stopped at `file:/sp`, in which version 2 is about to replace it. `events` is what happened."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, fails: RunError, newer: str | None) -> None:
        super().__init__(
            ledger=Ledger(folder), target_name="session", events=[], say=lambda _: None, step=lambda _: None
        )
        deployed(self.ledger, package(), State.STOPPED, savepoint="file:/sp")
        self.flink = SimpleNamespace(job=lambda _: None, last_state=lambda _, own: newer, address="http://f:1")
        self.submission = lambda *_: nullcontext(SimpleNamespace(operators=()))
        self.fails, self.started = fails, list[tuple[Action, str, Any]]()
        same = Comparison({}, {}, [], [], [], [], [])
        monkeypatch.setattr(upgrade, "compare", lambda *_: same)
        monkeypatch.setattr(upgrade, "_stop", lambda *_: "file:/sp")
        monkeypatch.setattr(steps, "start", self.start)
        monkeypatch.setattr(steps, "give_up", lambda *_: self.events.append("give up") or True)

    def start(self, jobs: Any, action: Action, packed: Any, submission: Any, savepoint: str, **options: Any) -> Started:
        old = self.ledger.last("small", "session")
        self.events.append(f"{action.value} from {savepoint}, the ledger has {old and old.savepoint}")
        self.started.append((action, savepoint, options["replaced"]))
        if action is Action.UPGRADE:
            deployed(self.ledger, packed, State.FAILED, job_id="b" * 32)
            raise self.fails
        return STARTED

    def replace(self) -> None:
        jobs: Any = self
        changed = package({**JOB, "name": "small"})
        upgrade._replace(jobs, changed, Watch(), False, Action.UPGRADE, 0)


@pytest.mark.parametrize("newer", [None, "file:/newer"])
def test_a_rollback_is_in_the_ledger_with_its_state_before_it_is_submitted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, newer: str | None
) -> None:
    """If the command is killed then, `resume` continues from what the new version has committed."""
    jobs = Replacing(tmp_path, monkeypatch, RunError("it fails again and again"), newer)
    with pytest.raises(RunError, match="the upgrade failed, and the version before runs again"):
        jobs.replace()
    state = newer or "file:/sp"
    assert jobs.events == [
        "upgrade from file:/sp, the ledger has file:/sp", "give up", f"rollback from {state}, the ledger has {state}"
    ]  # fmt: skip
    assert [replaced for _, _, replaced in jobs.started] == [Replaced(1, True), Replaced(1, True)]


def test_a_job_that_another_command_has_submitted_is_not_rolled_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = Replacing(tmp_path, monkeypatch, AlreadySubmitted("small: a job of this id exists"), None)
    with pytest.raises(AlreadySubmitted):
        jobs.replace()
    assert jobs.events == ["upgrade from file:/sp, the ledger has file:/sp"]


def test_a_rollback_after_an_upgrade_that_was_broken_off_replaces_what_that_has_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger(tmp_path)
    first, second = package(), package({**JOB, "flink": {"parallelism": 1}})
    deployed(ledger, first, State.STOPPED)
    deployed(ledger, second, State.SUBMITTING, job_id="b" * 32)
    ledger.begin("small", "session", Action.UPGRADE, Submitting("b" * 32, 2, Replaced(1, True)))
    flink = SimpleNamespace(version=flink_version, job=lambda job_id: FlinkJob(job_id, "small", "RUNNING", 0))
    jobs: Any = SimpleNamespace(ledger=ledger, target_name="session", flink=flink, say=lambda _: None)
    chosen: list[Any] = []
    monkeypatch.setattr(upgrade, "_replace", lambda jobs, packed, *_: chosen.append(packed.config_hash))
    rollback(jobs, "small", Watch())
    assert chosen == [first.config_hash]


def test_without_an_earlier_version_nothing_can_be_rolled_back(tmp_path: Path) -> None:
    jobs: Any = SimpleNamespace(ledger=Ledger(tmp_path), target_name="session")
    with pytest.raises(RunError, match="no job named small was deployed to session"):
        rollback(jobs, "small", Watch())
    jobs.flink = SimpleNamespace(version=flink_version, job=lambda job_id: FlinkJob(job_id, "small", "RUNNING", 0))
    for _ in range(2):  # it was resumed once: the version is the same
        deployed(jobs.ledger, package())
    with pytest.raises(RunError) as caught:
        rollback(jobs, "small", Watch())
    assert str(caught.value) == (
        "small: there is no earlier version\n  do       penstock history small shows what was deployed"
    )
