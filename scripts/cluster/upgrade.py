"""Replace a running job by another version of it: from its own savepoint, watched, and back by itself when it does not hold."""

from __future__ import annotations

import time
from dataclasses import dataclass

from penstock.connectors.base.problems import PenstockError, RunError
from penstock.scripts.cluster import package as packages
from penstock.scripts.cluster.compare import Comparison, compare
from penstock.scripts.cluster.ledger import Deploy
from penstock.scripts.cluster.package import Package
from penstock.scripts.cluster.reconcile import reconcile
from penstock.scripts.cluster.site import Site, Started
from penstock.scripts.cluster.state_words import losses

_POLL = 0.3


class Unsafe(PenstockError):
    """The upgrade would lose or misread state; nothing was done. `command` is what starts it."""

    exit_code = 4

    def __init__(self, name: str, comparison: Comparison, command: str = "penstock upgrade JOB") -> None:
        self.name, self.comparison = name, comparison
        reasons = comparison.wrong or [f"lost: {loss}" for loss in losses(comparison.lost, comparison.added)]
        what = "continue with wrong state" if comparison.wrong else "lose state"
        do = "" if comparison.wrong else f"{command} --drop-state, to upgrade without that state"
        lines = "".join(f"\n  ! {reason}" for reason in reasons)
        super().__init__(f"{name}: the upgrade would {what}, so nothing was done{lines}", do=do)


@dataclass(frozen=True)
class Watch:
    """When an upgrade counts as good: so many completed checkpoints, within `timeout` seconds, and `hold` seconds without a
    failure (a function that fails at its first row has not seen one yet when the first checkpoints are through)."""

    checkpoints: int = 2
    timeout: float = 120.0
    hold: float = 5.0


def upgrade(
    site: Site, package: Package, watch: Watch, drop_state: bool = False, action: str = "upgrade"
) -> tuple[Started, Comparison]:
    """Plan, stop with a savepoint, submit from it, watch. A stopped job goes on from the savepoint that it has.

    Raises Unsafe before anything is touched; RunError when the new version did not hold, which says what runs now.
    """
    name = package.name
    with site.ledger.locked(name, site.target_name) as lock:
        site.check_version()
        reconcile(site, name)
        old = site.known(name)
        before = packages.read(site.ledger.package(old))
        with site.submission(package, lock) as submission:
            comparison = compare(old, before.config(), package, submission.operators)
            _reject_unsafe(name, comparison, drop_state)
            live = site.flink.job(old.job_id)
            if comparison.same and live and live.live:
                site.say(f"{name}: nothing changes, and it goes on running")
                return Started(name, live.id, live.state, site.flink.address, old.from_savepoint), comparison
            savepoint = _stop(site, name, old)
            try:
                data = {"from": old.id, "compatible": not (comparison.added or comparison.lost)}
                started = site.start(
                    action, package, submission, savepoint, drop_state=bool(comparison.lost), data=data
                )
                site.step(f"{name}: watching {started.job_id} for {watch.checkpoints} checkpoints and {watch.hold:g} s")
                _hold(site, started, watch)
            except RunError as problem:
                problem_text = str(problem)
            else:
                site.ledger.end(name, site.target_name)
                return started, comparison
        site.say(f"{name}: the new version failed; rolling back to the version before")
        back = _back(site, name, before, savepoint, comparison, lock)
        raise RunError(
            f"{name}: the upgrade failed, and the version before runs again ({back.job_id}, from {back.savepoint})\n{problem_text}"
        )


def preview(site: Site, package: Package) -> Comparison:
    """What an upgrade to this package would change; all of it, when no such job was deployed. Nothing is started; the cluster is
    not asked. Raises RunError."""
    old = site.ledger.last(package.name, site.target_name)
    with site.submission(package) as submission:
        if not old:
            return Comparison({}, {}, [], [str(one["means"]) for one in submission.operators], [], [], [])
        return compare(old, packages.read(site.ledger.package(old)).config(), package, submission.operators)


def rollback(site: Site, name: str, watch: Watch, drop_state: bool = False) -> tuple[Started, Comparison]:
    """Go back to the version before the last, with the state of now. Raises as `upgrade` does."""
    good = site.ledger.ran(name, site.target_name)
    if not good:
        site.known(name)
    before = next((deploy for deploy in good if _version(deploy) != _version(good[0])), None)
    if not before:
        raise RunError(f"{name}: there is no earlier version", do=f"penstock history {name} shows what was deployed")
    return upgrade(site, packages.read(site.ledger.package(before)), watch, drop_state, "rollback")


def _version(deploy: Deploy) -> tuple[str, str]:
    return deploy.config_hash, deploy.code_hash


def _reject_unsafe(name: str, comparison: Comparison, drop_state: bool) -> None:
    if comparison.wrong or (comparison.dropped and not drop_state):
        raise Unsafe(name, comparison)


def _stop(site: Site, name: str, old: Deploy) -> str:
    """The savepoint of the running job, or the one that a stopped one has."""
    live = site.flink.live(name)
    if not live:
        if not old.savepoint:
            raise RunError(f"{name}: it does not run and has no savepoint", do="penstock submit, with --fresh")
        return old.savepoint
    if live.id != old.job_id:
        raise RunError(
            f"{name}: the job that runs is not the one in the ledger",
            found=live.id,
            allowed=old.job_id,
            do=f"use the ledger that it was submitted with (--ledger), or penstock stop {name} and submit with --from",
        )
    path = site.stop_with_savepoint(live, "upgrade")
    site.ledger.update(old.id, state="stopped", savepoint=path)
    return path


def _hold(site: Site, started: Started, watch: Watch) -> None:
    """Wait for the checkpoints. Raises RunError when they do not come, or the job fails again and again."""
    begun = time.monotonic()
    until = begun + max(watch.timeout, watch.hold + 1)
    done = restarts = 0
    while time.monotonic() < until:
        job = site.flink.job(started.job_id)
        if not job or job.state in ("FAILED", "CANCELED"):
            raise RunError(f"it ended as {job.state if job else 'UNKNOWN'}{site.flink.why(started.job_id)}")
        done = site.flink.completed(started.job_id)
        if job.state == "FINISHED":
            return
        if restarts != (restarts := site.flink.restarts(started.job_id)):
            begun = time.monotonic()  # once more, from here: it may have been a TaskManager that died
        if done >= watch.checkpoints and time.monotonic() - begun >= watch.hold:
            return
        site.flink.reject_restarting(started.job_id)
        time.sleep(_POLL)
    raise RunError(
        f"{done} of {watch.checkpoints} checkpoints within {watch.timeout:g} s{site.flink.why(started.job_id)}",
        do="give it longer with --timeout, or see penstock logs",
    )


def _back(site: Site, name: str, before: Package, savepoint: str, comparison: Comparison, lock: int) -> Started:
    """The version before, again. From the new version's last checkpoint when there is one (what it has written is committed,
    and would be written twice from the savepoint), else from the savepoint."""
    deploy = site.ledger.deploys(name, site.target_name)[0]
    newer = None
    if deploy.state != "stopped":  # else the new version has not even come to the ledger
        if site.give_up(deploy.job_id):
            newer = site.flink.last_state(deploy.job_id, own=True)
        site.ledger.update(deploy.id, state="failed", note="did not hold")
    if newer and (comparison.added or comparison.lost):
        site.say(
            f"{name}: the new version completed a checkpoint that the old one cannot read; rows since may come twice"
        )
        newer = None
    from_ = newer or savepoint
    try:
        with site.submission(before, lock) as submission:
            return site.start("rollback", before, submission, from_, drop_state=bool(comparison.added))
    except RunError as problem:
        raise RunError(
            f"{name}: the upgrade failed, and the version before could not be started again: {problem}",
            do=f"penstock resume {name} starts it from {from_}",
        ) from None
