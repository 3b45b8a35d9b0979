"""The jobs of one target: what the commands do, as a Python interface.

deployments = Deployments(load_target("session"), Ledger(Path(".penstock")))
started = deployments.submit(pack(load(Path("job.yaml")), [Path(".")]))
deployments.stop(started.name)
"""

from __future__ import annotations

from dataclasses import dataclass

from penstock.connectors.base.problems import RunError
from penstock.scripts.cluster import package as packages
from penstock.scripts.cluster import transactions
from penstock.scripts.cluster.compare import Comparison
from penstock.scripts.cluster.ledger import Deploy
from penstock.scripts.cluster.package import Package
from penstock.scripts.cluster.reconcile import reconcile, reconcile_if_free
from penstock.scripts.cluster.site import END_TIMEOUT, SAVEPOINT_TIMEOUT, START_TIMEOUT, Site, Started
from penstock.scripts.cluster.status import Status, status
from penstock.scripts.cluster.upgrade import Watch, preview, rollback, upgrade
from penstock.scripts.flink.client import FlinkJob


@dataclass(frozen=True)
class Stopped:
    """A job that was stopped, and where its state is; a cancelled one has its last checkpoint there."""

    name: str
    state: str
    savepoint: str | None


class Deployments(Site):
    """Start, look after, replace and stop jobs. Everything raises RunError with what to do."""

    def submit(
        self, package: Package, savepoint: str | None = None, fresh: bool = False, timeout: float = START_TIMEOUT,
        force: bool = False,
    ) -> Started:  # fmt: skip
        """Start a job that does not live yet. Raises RunError: it lives, it has a savepoint to go on from, it fails.

        `savepoint` is where to go on from; `fresh` leaves an earlier version's state behind; `force`
        submits although the brokers show a job of this name that the ledger does not know.
        """
        with self.ledger.locked(package.name, self.target_name) as lock:
            self.check_version()
            reconcile(self, package.name)
            self.reject_if_running(package.name)
            transactions.reject_twin(self, package)
            if not force:
                transactions.reject_stranger(self, package)
            if not (savepoint or fresh):
                self.reject_forgetting(package.name)
            with self.submission(package, lock) as submission:
                return self.start("submit", package, submission, savepoint, timeout)

    def resume(self, name: str) -> Started:
        """Start a stopped job again, as it was, from its savepoint. Raises RunError."""
        with self.ledger.locked(name, self.target_name) as lock:
            self.check_version()
            reconcile(self, name)
            self.reject_if_running(name)
            last = self.known(name)
            if not last.savepoint:
                raise RunError(f"{name}: it ended without a savepoint", do="penstock submit its job file, with --fresh")
            package = packages.read(self.ledger.package(last))
            with self.submission(package, lock) as submission:
                return self.start("resume", package, submission, last.savepoint)

    def stop(self, name: str, cancel: bool = False) -> Stopped:
        """Stop a job with a savepoint; `cancel` ends it without one, its last checkpoint kept. Raises RunError."""
        with self.ledger.locked(name, self.target_name):
            reconcile(self, name)
            job = self.running_job(name)
            deploy = self.deploy_of(job)
            if cancel:
                return self._cancel(job, deploy)
            path = self.stop_with_savepoint(job, "stop")
            if deploy:
                self.ledger.update(deploy.id, state="stopped", savepoint=path)
            self.ledger.end(name, self.target_name)
            return Stopped(name, "FINISHED", path)

    def savepoint(self, name: str) -> str:
        """Take a savepoint of a job that goes on running; where it is. Raises RunError."""
        job = self.running_job(name)
        self.step(f"{name}: taking a savepoint")
        trigger = self.flink.trigger_savepoint(job.id, self.target.savepoints)
        return self.flink.await_savepoint(job.id, trigger, SAVEPOINT_TIMEOUT)

    def status(self, name: str) -> Status:
        """How a job does."""
        return status(self, name)

    def overview(self) -> list[dict[str, str | None]]:
        """Every job that runs there, and the last state of each that the ledger knows beside them: what it has for running and the
        cluster does not is reconciled first. The cluster's answers may be some seconds old: a job that the ledger has seen end is not
        listed as running."""
        newest = {deploy.name: deploy for deploy in reversed(self.ledger.deploys(target=self.target_name))}
        live = [job for job in self.flink.jobs() if job.live and not self.seen_ended(job)]
        found: list[dict[str, str | None]] = [
            {"name": job.name, "job_id": job.id, "state": job.state, "savepoint": None} for job in live
        ]
        for name in newest.keys() - {job.name for job in live}:
            reconcile_if_free(self, name)
            if last := self.ledger.last(name, self.target_name):
                one = {"name": name, "job_id": last.job_id, "state": last.state.upper(), "savepoint": last.savepoint}
                found.append(one)
        return sorted(found, key=lambda one: (one["savepoint"] is not None, one["name"] or ""))

    def preview(self, package: Package) -> Comparison:
        """What an upgrade would change; nothing is touched."""
        return preview(self, package)

    def upgrade(
        self, package: Package, watch: Watch | None = None, drop_state: bool = False
    ) -> tuple[Started, Comparison]:
        """Replace the running version; back by itself when the new one does not hold. Raises Unsafe too."""
        return upgrade(self, package, watch or Watch(), drop_state)

    def rollback(self, name: str, watch: Watch | None = None, drop_state: bool = False) -> tuple[Started, Comparison]:
        """Go back to the version before, with the state of now. Raises Unsafe too."""
        return rollback(self, name, watch or Watch(), drop_state)

    def _cancel(self, job: FlinkJob, deploy: Deploy | None) -> Stopped:
        self.step(f"{job.name}: cancelling")
        self.ledger.begin(job.name, self.target_name, "stop", "cancelling", job_id=job.id)
        self.flink.cancel(job.id)
        ended = self.flink.await_end(job.id, END_TIMEOUT)
        state = self.flink.last_state(job.id)
        if deploy:
            self.ledger.update(deploy.id, state="stopped", savepoint=state, note="cancelled")
            transactions.abort_open(packages.read(self.ledger.package(deploy)), self.say)
        self.ledger.end(job.name, self.target_name)
        return Stopped(job.name, ended, state)
