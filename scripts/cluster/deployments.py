"""The jobs of one target: what the commands do, as a Python interface.

jobs = Deployments(load_target("session"), Ledger(Path(".penstock")))
started = jobs.submit(pack(load(Path("job.yaml")), [Path(".")]))
jobs.stop(started.name)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from penstock.connectors.config.problems import RunError
from penstock.scripts.cluster import checks, steps, transactions
from penstock.scripts.cluster import package as packages
from penstock.scripts.cluster.compare import Comparison
from penstock.scripts.cluster.ledger import Ledger
from penstock.scripts.cluster.package import Package
from penstock.scripts.cluster.reconcile import reconcile, reconcile_if_free
from penstock.scripts.cluster.records import Action, Deployment, State
from penstock.scripts.cluster.session import Place
from penstock.scripts.cluster.status import Status, status
from penstock.scripts.cluster.steps import SAVEPOINT_TIMEOUT, START_TIMEOUT, Started
from penstock.scripts.cluster.submission_process import SubmissionProcess
from penstock.scripts.cluster.upgrade import Watch, preview, rollback, upgrade
from penstock.scripts.flink.client import Flink, FlinkJob


@dataclass(frozen=True)
class Stopped:
    """A job that was stopped, and the path of its savepoint; of its last checkpoint when it was cancelled."""

    name: str
    state: str
    savepoint: str | None


class Deployments:
    """Start, watch, replace and stop jobs. Every method raises RunError, which says what to do. `step` is called with each
    step as it begins, `say` with what else a person should know."""

    def __init__(
        self, place: Place, ledger: Ledger, say: Callable[[str], None] = lambda text: None,
        step: Callable[[str], None] = lambda text: None,
    ) -> None:  # fmt: skip
        self.target = place.session()
        self.target_name, self.ledger, self.say, self.step = place.name, ledger, say, step
        self.flink = Flink(self.target.address, self.target.start)

    def submit(
        self, package: Package, savepoint: str | None = None, fresh: bool = False, timeout: float = START_TIMEOUT,
        force: bool = False,
    ) -> Started:  # fmt: skip
        """Start a job that does not run yet. Raises RunError: it runs, it has a savepoint to resume from, it fails.

        `savepoint` is the state to start from; `fresh` leaves an earlier version's state behind; `force`
        submits although the brokers show a job of this name that the ledger does not know.
        """
        with self.ledger.locked(package.name, self.target_name) as lock:
            checks.check_version(self)
            reconcile(self, package.name)
            checks.reject_if_running(self, package.name)
            transactions.reject_twin(self, package)
            if not force:
                transactions.reject_stranger(self, package)
            if not (savepoint or fresh):
                checks.reject_forgetting(self, package.name)
            checks.say_runs_again(self, package.name)
            with self.submission(package, lock) as submission:
                return steps.start(self, Action.SUBMIT, package, submission, savepoint, timeout)

    def resume(self, name: str) -> Started:
        """Start a stopped job again, unchanged, from its savepoint. Raises RunError."""
        with self.ledger.locked(name, self.target_name) as lock:
            checks.check_version(self)
            reconcile(self, name)
            checks.reject_if_running(self, name)
            last = checks.known(self, name)
            if not last.savepoint:
                raise RunError(
                    f"{name}: it ended without a savepoint or checkpoint to continue from",
                    do="penstock submit JOB --fresh, to start it without state",
                )
            package = packages.read(self.ledger.package(last))
            with self.submission(package, lock) as submission:
                return steps.start(self, Action.RESUME, package, submission, last.savepoint)

    def stop(self, name: str, cancel: bool = False) -> Stopped:
        """Stop a job with a savepoint; `cancel` ends it without one and keeps its last checkpoint. Raises RunError."""
        with self.ledger.locked(name, self.target_name):
            reconcile(self, name)
            job = checks.running_job(self, name)
            deployment = self.deployment_of(job)
            if cancel:
                return Stopped(name, *steps.cancel(self, job, deployment))
            path = steps.stop_with_savepoint(self, job, Action.STOP)
            if deployment:
                self.ledger.update(deployment.id, State.STOPPED, savepoint=path)
            self.ledger.end(name, self.target_name)
            return Stopped(name, "FINISHED", path)

    def running(self, name: str) -> FlinkJob:
        """The running job of a name. Raises RunError when none runs."""
        return checks.running_job(self, name)

    def savepoint(self, name: str) -> str:
        """Take a savepoint of a job that continues to run; its path. Raises RunError."""
        job = checks.running_job(self, name)
        self.step(f"{name}: taking a savepoint")
        trigger = self.flink.trigger_savepoint(job.id, self.target.savepoints)
        return self.flink.await_savepoint(job.id, trigger, SAVEPOINT_TIMEOUT)

    def status(self, name: str) -> Status:
        """The status of a job, running or not."""
        return status(self, name)

    def overview(self) -> list[dict[str, str | None]]:
        """Every job that runs, and the last state of each other job that the ledger knows. A job that runs by the ledger and not by the
        cluster is reconciled first. The cluster's answers may be some seconds old: a job whose end is in the ledger is not listed as
        running."""
        newest = {one.name: one for one in reversed(self.ledger.deployments(target=self.target_name))}
        live = [job for job in self.flink.jobs() if job.live and not self.seen_ended(job)]
        found: list[dict[str, str | None]] = [
            {"name": job.name, "job_id": job.id, "state": job.state, "savepoint": None} for job in live
        ]
        for name in newest.keys() - {job.name for job in live}:
            reconcile_if_free(self, name)
            if last := self.ledger.last(name, self.target_name):
                state = last.state.value.upper()
                found.append({"name": name, "job_id": last.job_id, "state": state, "savepoint": last.savepoint})
        return sorted(found, key=lambda one: (one["savepoint"] is not None, one["name"] or ""))

    def preview(self, package: Package) -> Comparison:
        """What an upgrade would change. It starts and stops nothing."""
        return preview(self, package)

    def upgrade(
        self, package: Package, watch: Watch | None = None, drop_state: bool = False
    ) -> tuple[Started, Comparison]:
        """Replace the running version; roll back when the new one fails. Raises Unsafe too."""
        return upgrade(self, package, watch or Watch(), drop_state)

    def rollback(self, name: str, watch: Watch | None = None, drop_state: bool = False) -> tuple[Started, Comparison]:
        """Replace the running version by the one before, with the current state. Raises Unsafe too."""
        return rollback(self, name, watch or Watch(), drop_state)

    def submission(self, package: Package, lock: int | None = None) -> SubmissionProcess:
        """The plan of a package, for this target."""
        self.step(f"{package.name}: planning")
        return SubmissionProcess(package, self.submission_options(), lock)

    def submission_options(self) -> dict[str, str]:
        """Flink's options that tell PyFlink where the cluster is."""
        where = urlsplit(self.flink.address)
        return {
            "execution.target": "remote",
            "rest.address": where.hostname or "",
            "rest.port": str(where.port or (443 if where.scheme == "https" else 80)),
            "security.ssl.rest.enabled": str(where.scheme == "https").lower(),
            **self.target.python_options(),
            "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
        }

    def deployment_of(self, job: FlinkJob) -> Deployment | None:
        """The deployment of a job of the cluster, when the ledger knows it."""
        deployments = self.ledger.deployments(job.name, self.target_name)
        return next((deployment for deployment in deployments if deployment.job_id == job.id), None)

    def seen_ended(self, job: FlinkJob) -> bool:
        """Whether a command has seen this job end. The cluster's answers may be some seconds older than that."""
        deployment = self.deployment_of(job)
        return deployment is not None and deployment.state not in (State.RUNNING, State.SUBMITTING)
