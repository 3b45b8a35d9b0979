"""Replace a running job by another version of it, from its own savepoint. The new version is watched, and rolled back when it fails."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.connectors.config.problems import PenstockError, RunError
from penstock.scripts.cluster import checks, steps
from penstock.scripts.cluster import package as packages
from penstock.scripts.cluster.compare import Comparison, compare
from penstock.scripts.cluster.package import Package
from penstock.scripts.cluster.reconcile import reconcile
from penstock.scripts.cluster.records import Action, Deployment, Replaced, State
from penstock.scripts.cluster.state_words import losses
from penstock.scripts.cluster.steps import Started
from penstock.scripts.cluster.submission_process import AlreadySubmitted
from penstock.scripts.flink.client import FlinkJob

if TYPE_CHECKING:
    from penstock.scripts.cluster.deployments import Deployments

_POLL = 0.3
_RECOVERY = 30.0
"""For how long a job may start or recover before it counts as one that cannot take a savepoint, in seconds."""

_FAILED_NOW = 60.0
"""A job that takes no savepoint and failed within so many seconds is one that fails and restarts."""


class Unsafe(PenstockError):
    """An upgrade or a rollback would lose or misread state; nothing was done. `command` is what starts it."""

    exit_code = 4

    def __init__(
        self, name: str, comparison: Comparison, command: str = "penstock upgrade JOB", action: str = "upgrade"
    ) -> None:
        self.name, self.comparison = name, comparison
        reasons = comparison.wrong or [f"lost: {loss}" for loss in losses(comparison.lost, comparison.added)]
        what = "continue with wrong state" if comparison.wrong else "lose state"
        do = "" if comparison.wrong else f"{command} --drop-state, to accept the loss"
        lines = [f"  ! {reason}" for reason in reasons]
        super().__init__(f"{name}: the {action} would {what}, so nothing was done", do=do, details=lines)


@dataclass(frozen=True)
class Watch:
    """When a new version counts as good: after `checkpoints` completed checkpoints within `timeout` seconds, and `hold` seconds without
    a failure (a function that fails at its first row may not have received one when the first checkpoints complete)."""

    checkpoints: int = 2
    timeout: float = 120.0
    hold: float = 5.0


def upgrade(
    jobs: Deployments, package: Package, watch: Watch, drop_state: bool = False, action: Action = Action.UPGRADE
) -> tuple[Started, Comparison]:
    """Plan, stop with a savepoint, submit from it, watch. A stopped job is submitted from the savepoint that it has.

    Raises Unsafe before anything is touched; RunError when the new version failed, which says what runs now.
    """
    with jobs.ledger.locked(package.name, jobs.target_name) as lock:
        checks.check_version(jobs)
        reconcile(jobs, package.name)
        return _replace(jobs, package, watch, drop_state, action, lock)


def _replace(
    jobs: Deployments, package: Package, watch: Watch, drop_state: bool, action: Action, lock: int
) -> tuple[Started, Comparison]:
    """Replace what runs by the package. The caller holds the lock, and has reconciled."""
    name = package.name
    old = checks.known(jobs, name)
    before = packages.read(jobs.ledger.package(old))
    with jobs.submission(package, lock) as submission:
        comparison = compare(old, before.config(), package, submission.operators)
        _reject_unsafe(name, comparison, drop_state)
        live = jobs.flink.job(old.job_id)
        if comparison.same and live and live.live:
            jobs.say(f"{name}: nothing changes, and it continues to run")
            return Started(name, live.id, live.state, jobs.flink.address, old.from_savepoint), comparison
        savepoint = _stop(jobs, name, old)
        newest = jobs.ledger.deployments(name, jobs.target_name)[0]
        try:
            replaced = Replaced(old.id, compatible=comparison.checkpoints_fit)
            started = steps.start(
                jobs, action, package, submission, savepoint, drop_state=bool(comparison.lost), replaced=replaced
            )
            jobs.step(f"{name}: watching {started.job_id} for {watch.checkpoints} checkpoints and {watch.hold:g} s")
            _await_checkpoints(jobs, started, watch)
        except AlreadySubmitted:  # the job that runs now belongs to another command: it is not ours to roll back
            raise
        except RunError as problem:
            failure = problem
        else:
            jobs.ledger.end(name, jobs.target_name)
            return started, comparison
    jobs.say(f"{name}: the new version failed; rolling back to the version before")
    back = _roll_back(jobs, old, newest, before, savepoint, comparison, lock)
    raise RunError(
        f"{name}: the upgrade failed, and the version before runs again ({back.job_id}, from {back.savepoint})",
        others=[failure],
    )


def preview(jobs: Deployments, package: Package) -> Comparison:
    """What an upgrade to this package would change; all of it, when no such job was deployed. It starts nothing and does not ask the
    cluster. Raises RunError."""
    old = jobs.ledger.last(package.name, jobs.target_name)
    with jobs.submission(package) as submission:
        if not old:
            return Comparison({}, {}, [], [one.means for one in submission.operators], [], [], [])
        return compare(old, packages.read(jobs.ledger.package(old)).config(), package, submission.operators)


def rollback(jobs: Deployments, name: str, watch: Watch, drop_state: bool = False) -> tuple[Started, Comparison]:
    """Replace the newest version by the one before it, with the current state. Raises what `upgrade` raises."""
    with jobs.ledger.locked(name, jobs.target_name) as lock:
        if jobs.ledger.ran(name, jobs.target_name):
            checks.check_version(jobs)
        reconcile(jobs, name)  # first: an upgrade that was broken off may have replaced the newest version
        good = jobs.ledger.ran(name, jobs.target_name)
        if not good:
            checks.known(jobs, name)
        before = next((deploy for deploy in good if _version(deploy) != _version(good[0])), None)
        if not before:
            raise RunError(
                f"{name}: there is no earlier version", do=f"penstock history {name} shows what was deployed"
            )
        package = packages.read(jobs.ledger.package(before))
        return _replace(jobs, package, watch, drop_state, Action.ROLLBACK, lock)


def _version(deploy: Deployment) -> tuple[str, str]:
    return deploy.config_hash, deploy.code_hash


def _reject_unsafe(name: str, comparison: Comparison, drop_state: bool) -> None:
    if comparison.wrong or (comparison.dropped and not drop_state):
        raise Unsafe(name, comparison)


def _stop(jobs: Deployments, name: str, old: Deployment) -> str:
    """Stop the running job; its savepoint. Of a job that is stopped already: the savepoint that it has. Of one that fails again and again:
    its last checkpoint, or what it was started from. Recovery from a failure continues from the same state."""
    live = jobs.flink.live(name)
    if not live:
        if not old.savepoint:
            raise RunError(
                f"{name}: it does not run, and there is no state from which it can continue",
                do="penstock submit JOB --fresh, to start it without state",
            )
        return old.savepoint
    if live.id != old.job_id:
        raise RunError(
            f"{name}: the job that runs is not the one in the ledger",
            found=live.id,
            allowed=old.job_id,
            do=f"use the ledger that it was submitted with (--ledger), or penstock stop {name} and submit with --from",
        )
    if _runs_soon(jobs, live):
        try:
            path = steps.stop_with_savepoint(jobs, live, Action.UPGRADE)
        except steps.CannotStop:
            age = jobs.flink.last_failure_age(live.id)
            if age is None or age > _FAILED_NOW:
                raise
        else:
            jobs.ledger.update(old.id, State.STOPPED, savepoint=path)
            return path
    jobs.say(
        f"{name}: it fails and restarts, so it takes no savepoint: it is cancelled, and its last checkpoint is used"
    )
    state = steps.cancel(jobs, live, old)[1]
    if not state:
        raise RunError(
            f"{name}: it was cancelled, and has no checkpoint",
            do="penstock submit JOB --fresh, to start it without state",
        )
    return state


def _runs_soon(jobs: Deployments, job: FlinkJob) -> bool:
    """Whether all tasks of a job run, or will soon: a job that recovers from a single failure can take a savepoint afterwards."""
    try:
        return jobs.flink.await_running(job.id, _RECOVERY).live
    except RunError:
        return False


def _await_checkpoints(jobs: Deployments, started: Started, watch: Watch) -> None:
    """Wait for the checkpoints. Raises RunError when they do not complete in time, or the job fails again and again."""
    begun = time.monotonic()
    until = begun + max(watch.timeout, watch.hold + 1)
    done, failure = 0, None
    while time.monotonic() < until:
        job = jobs.flink.job(started.job_id)
        if not job or job.state in ("FAILED", "CANCELED"):
            raise jobs.flink.because(f"it ended as {job.state if job else 'UNKNOWN'}", started.job_id)
        done = jobs.flink.completed(started.job_id)
        if job.state == "FINISHED":
            return
        if failure != (failure := jobs.flink.failed_at(started.job_id)):
            begun = time.monotonic()  # once more, from here: it may have been a TaskManager that died
        if done >= watch.checkpoints and time.monotonic() - begun >= watch.hold:
            return
        jobs.flink.reject_restarting(started.job_id)
        time.sleep(_POLL)
    raise jobs.flink.because(
        f"{done} of {watch.checkpoints} checkpoints within {watch.timeout:g} s",
        started.job_id,
        do="allow more time with --timeout, or see penstock logs",
    )


def _roll_back(
    jobs: Deployments, old: Deployment, newest: Deployment, before: Package, savepoint: str, comparison: Comparison, lock: int
) -> Started:  # fmt: skip
    """Start the version before again. From the new version's last checkpoint when one exists (what it has written is committed,
    and would be written twice from the savepoint), else from the savepoint. `newest` was the newest deployment before."""
    name = old.name
    last = jobs.ledger.deployments(name, jobs.target_name)[0]
    new = last if last.id != newest.id else None  # None: it failed before it was in the ledger
    newer = jobs.flink.last_state(new.job_id, own=True) if new and steps.give_up(jobs, new.job_id) else None
    if newer and not comparison.checkpoints_fit:
        jobs.say(
            f"{name}: the new version completed a checkpoint that the old one cannot read; rows since may be written twice"
        )
        newer = None
    state = newer or savepoint
    jobs.ledger.update(old.id, savepoint=state)  # before the next steps: if they fail, `resume` continues from it
    if new:
        jobs.ledger.update(new.id, State.FAILED, note="rolled back")
    replaced = Replaced(old.id, compatible=True)
    try:
        with jobs.submission(before, lock) as submission:
            started = steps.start(
                jobs, Action.ROLLBACK, before, submission, state, drop_state=bool(comparison.added), replaced=replaced
            )
    except RunError as problem:
        raise RunError.because(
            f"{name}: the upgrade failed, and the version before could not be started again",
            problem,
            do=f"penstock resume {name} starts it from {state}",
        ) from None
    jobs.ledger.end(name, jobs.target_name)
    return started
