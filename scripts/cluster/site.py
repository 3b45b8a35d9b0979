"""One target and one ledger: what submit, resume, stop and upgrade are made of."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from penstock.connectors.base.problems import RunError
from penstock.connectors.runtime.home import flink_line
from penstock.scripts.cluster import transactions
from penstock.scripts.cluster.ledger import Deploy, Ledger
from penstock.scripts.cluster.package import Package
from penstock.scripts.cluster.session import Place
from penstock.scripts.cluster.submission_process import SubmissionProcess
from penstock.scripts.flink.client import Flink, FlinkJob
from penstock.scripts.flink.rest import Unreachable

START_TIMEOUT = 60.0
SAVEPOINT_TIMEOUT = 300.0
END_TIMEOUT = 60.0
_TWICE = "has already been submitted"


@dataclass(frozen=True)
class Started:
    """A job that was submitted; `state` is Flink's."""

    name: str
    job_id: str
    state: str
    address: str
    savepoint: str | None = None


class Site:
    """Where jobs of one target are started and ended. `step` is told each step as it begins, `say` what else a person should know."""

    def __init__(
        self, place: Place, ledger: Ledger, say: Callable[[str], None] = lambda text: None,
        step: Callable[[str], None] = lambda text: None,
    ) -> None:  # fmt: skip
        self.target = place.session()
        self.target_name, self.ledger, self.say, self.step = place.name, ledger, say, step
        self.flink = Flink(self.target.address, self.target.start)

    def submission(self, package: Package, lock: int | None = None) -> SubmissionProcess:
        """The plan of a package, for this target."""
        self.step(f"{package.name}: planning")
        return SubmissionProcess(package, self.submission_options(), lock)

    def submission_options(self) -> dict[str, str]:
        """What tells PyFlink where the cluster is."""
        where = urlsplit(self.flink.address)
        return {
            "execution.target": "remote",
            "rest.address": where.hostname or "",
            "rest.port": str(where.port or (443 if where.scheme == "https" else 80)),
            "security.ssl.rest.enabled": str(where.scheme == "https").lower(),
            **self.target.python_options(),
            "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
        }

    def start(
        self, action: str, package: Package, submission: SubmissionProcess, savepoint: str | None, timeout: float = START_TIMEOUT,
        drop_state: bool = False, data: dict[str, Any] | None = None,
    ) -> Started:  # fmt: skip
        """Submit a planned package and wait until it runs. Raises RunError; then it does not run.

        The job's id is chosen and written down before: after a crash it tells whether the job was submitted.
        """
        name = package.name
        self.step(f"{name}: starting" + (f" from {savepoint}" if savepoint else ""))
        job_id = self._new_id(name)
        stored = f"{name}-{package.config_hash[:12]}-{package.code_hash[:12]}.zip"
        if not (self.ledger.folder / "packages" / stored).exists():
            package.write(self.ledger.folder / "packages" / stored, with_jars=False)
        known = {
            "name": name,
            "config_hash": package.config_hash,
            "code_hash": package.code_hash,
            "versions": package.versions,
            "operators": submission.operators,
            "job_id": job_id,
            "from_savepoint": savepoint,
        }
        deploy = self.ledger.add(action, self.target_name, stored, known)
        self.ledger.begin(name, self.target_name, action, "submitting", deploy=deploy, job_id=job_id, **(data or {}))
        options = {"$internal.pipeline.job-id": job_id}
        if savepoint:
            options["execution.state-recovery.path"] = savepoint
            options["execution.state-recovery.ignore-unclaimed-state"] = str(drop_state).lower()
        try:
            submission.submit(options)
            self.ledger.update(deploy, state="running")
            job = self.flink.await_running(job_id, timeout)
            if job.state == "FAILED":
                raise RunError(f"it failed as it started{self.flink.why(job_id)}")
        except RunError as problem:
            self._failed(package, job_id, problem)
            self.ledger.update(deploy, state="failed", note=str(problem).splitlines()[0][:500])
            self.ledger.end(name, self.target_name)
            raise RunError(f"{name}: {problem}") from None
        if not data:
            self.ledger.end(name, self.target_name)
        return Started(name, job_id, job.state, self.flink.address, savepoint)

    def _failed(self, package: Package, job_id: str, problem: RunError) -> None:
        """See that what was submitted is gone. Raises RunError when that cannot be known: the next command will reconcile it."""
        if _TWICE in str(problem):
            return  # the job of that id is another's, which was first
        name = package.name
        try:
            if self.give_up(job_id):
                transactions.abort_open(package, self.say)
        except RunError:
            raise RunError(
                f"{name}: {problem}\n  whether it was submitted is not known",
                do=f"penstock status {name}, when the cluster answers again",
            ) from None

    def give_up(self, job_id: str) -> bool:
        """End a job that did not come up, if it is there, and see it gone. Whether it was there."""
        job = self.flink.job(job_id)
        if job and job.live:
            self.flink.cancel(job_id)
            self.flink.await_end(job_id, END_TIMEOUT)
        return job is not None

    def stop_with_savepoint(self, job: FlinkJob, kind: str, **data: Any) -> str:
        """Stop a job, and see that it ended; where the savepoint is. Raises RunError; then it still runs."""
        self.step(f"{job.name}: stopping with a savepoint")
        trigger = hashlib.sha256(f"{job.id} {self.flink.checkpoints(job.id)['counts']}".encode()).hexdigest()[:32]
        self.ledger.begin(job.name, self.target_name, kind, "stopping", job_id=job.id, trigger=trigger, **data)
        try:
            self.flink.trigger_stop(job.id, trigger, self.target.savepoints)
            path = self.flink.await_savepoint(job.id, trigger, SAVEPOINT_TIMEOUT)
        except Unreachable as problem:
            raise RunError(
                f"{job.name}: whether it has stopped is not known: {problem}",
                do=f"penstock status {job.name}, when the cluster answers again",
            ) from None
        except RunError as problem:
            self.ledger.end(job.name, self.target_name)
            raise RunError(
                f"{job.name}: it could not be stopped, and goes on running: {problem}",
                do=f"penstock status {job.name}; when it cannot take a savepoint, penstock stop {job.name} --cancel",
            ) from None
        self.flink.await_end(job.id, END_TIMEOUT)
        return path

    def running_job(self, name: str) -> FlinkJob:
        """The live job of a name. Raises RunError when there is none."""
        live = self.flink.live(name)
        if live:
            return live
        last = self.ledger.last(name, self.target_name)
        there = ", ".join(sorted({job.name for job in self.flink.jobs() if job.live})) or "none"
        do = f"penstock resume {name}" if last and last.savepoint else "penstock list --target shows what runs"
        raise RunError(f"{name}: no such job runs at {self.flink.address}", found=there, do=do)

    def reject_if_running(self, name: str) -> list[FlinkJob]:
        """Every job of this name that the cluster knows, all of them ended. Raises RunError when one lives, whoever submitted it."""
        jobs = [job for job in self.flink.jobs() if job.name == name]
        live = next((job for job in jobs if job.live), None)
        if live:
            raise RunError(
                f"{name}: a job of this name lives at {self.flink.address}",
                found=f"{live.id}, {live.state}",
                do=f"penstock upgrade to replace it, penstock stop {name} to end it, or give the new one another name",
            )
        return jobs

    def reject_forgetting(self, name: str) -> None:
        """Raise RunError when a job of this name has state to go on from: beginning anew would repeat what it has done."""
        last = self.ledger.last(name, self.target_name)
        if last and last.state == "stopped" and last.savepoint:
            raise RunError(
                f"{name}: it has state to go on from, and submitting would begin anew",
                found=f"{last.savepoint} ({last.note or last.at})",
                do=f"penstock resume {name} (or upgrade, with a changed job file) to go on; --fresh to leave it behind",
            )
        if last and last.state == "lost":
            raise RunError(
                f"{name}: it ran, and the cluster does not know it any more",
                found=f"job {last.job_id}, submitted {last.at}",
                do="--from CHECKPOINT to go on from its last one, or --fresh to begin anew",
            )

    def known(self, name: str) -> Deploy:
        """The last deploy of a name. Raises RunError when there is none."""
        last = self.ledger.last(name, self.target_name)
        if not last:
            names = (
                ", ".join(sorted({deploy.name for deploy in self.ledger.deploys(target=self.target_name)})) or "none"
            )
            raise RunError(f"{name}: the ledger knows no such job at {self.target_name}", found=names, do="submit it")
        return last

    def deploy_of(self, job: FlinkJob) -> Deploy | None:
        """The ledger's row of a job."""
        deploys = self.ledger.deploys(job.name, self.target_name)
        return next((deploy for deploy in deploys if deploy.job_id == job.id), None)

    def seen_ended(self, job: FlinkJob) -> bool:
        """Whether a command has seen this job end. The cluster's answers may be some seconds older than that."""
        deploy = self.deploy_of(job)
        return deploy is not None and deploy.state not in ("running", "submitting")

    def check_version(self) -> None:
        """Raise RunError when the cluster's Flink is of another line than ours."""
        theirs = self.flink.version()
        if ".".join(theirs.split(".")[:2]) != flink_line():
            raise RunError(
                f"the cluster at {self.flink.address} runs another Flink",
                found=f"Flink {theirs}",
                allowed=f"Flink {flink_line()}.x, as installed here",
                do=f"pip install 'apache-flink=={theirs}', or name another target",
            )

    def _new_id(self, name: str) -> str:
        """An id for the next job of this name. Two that are asked for at the same moment are equal, also by people with
        different ledgers, so that Flink itself rejects the second; each job that the cluster knows makes the next one another.

        Raises RunError when one of them lives: it may have come while this one was planned."""
        known = sorted(job.id for job in self.reject_if_running(name))
        ours = {deploy.job_id for deploy in self.ledger.deploys(name, self.target_name)}
        ids = (hashlib.sha256(f"{name} {known} {turn}".encode()).hexdigest()[:32] for turn in range(len(ours) + 1))
        return next(job_id for job_id in ids if job_id not in ours)
