"""Start and stop a job of a target, so that it can be reconciled even if any process is killed at any step.

Each step is written to the ledger before the cluster is touched; its result is written after the cluster has answered.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.connectors.config.problems import RunError
from penstock.scripts.cluster import checks, transactions
from penstock.scripts.cluster import package as packages
from penstock.scripts.cluster.package import Package
from penstock.scripts.cluster.records import (
    Action,
    Cancelling,
    Deployment,
    Replaced,
    State,
    Stopping,
    Submitting,
    Version,
)
from penstock.scripts.cluster.resume_point import resume_point
from penstock.scripts.cluster.submission_process import AlreadySubmitted, SubmissionProcess
from penstock.scripts.flink.client import FlinkJob
from penstock.scripts.flink.rest import Unreachable

if TYPE_CHECKING:
    from penstock.scripts.cluster.deployments import Deployments

START_TIMEOUT = 60.0
SAVEPOINT_TIMEOUT = 300.0
END_TIMEOUT = 60.0


@dataclass(frozen=True)
class Started:
    """A job that was submitted; `state` is Flink's."""

    name: str
    job_id: str
    state: str
    address: str
    savepoint: str | None = None


class CannotStop(RunError):
    """A job took no savepoint, and continues to run."""


def start(
    jobs: Deployments, action: Action, package: Package, submission: SubmissionProcess, savepoint: str | None,
    timeout: float = START_TIMEOUT, drop_state: bool = False, replaced: Replaced | None = None,
) -> Started:  # fmt: skip
    """Submit a planned package and wait until it runs. Raises RunError; then it does not run.

    The job's id is chosen and written down before: after a crash it tells whether the job was submitted. With `replaced` the
    operation continues after this: the caller ends it.
    """
    name, ledger = package.name, jobs.ledger
    jobs.step(f"{name}: starting" + (f" from {savepoint}" if savepoint else ""))
    job_id = _new_id(jobs, name)
    stored = f"{name}-{package.config_hash[:12]}-{package.code_hash[:12]}.zip"
    if not (ledger.folder / "packages" / stored).exists():
        package.write(ledger.folder / "packages" / stored, with_jars=False)
    version = Version(
        name, package.config_hash, package.code_hash, package.versions, submission.operators, stored, job_id, savepoint
    )
    deployment = ledger.add(action, jobs.target_name, version)
    ledger.begin(name, jobs.target_name, action, Submitting(job_id, deployment, replaced))
    options = {"$internal.pipeline.job-id": job_id}
    if savepoint:
        options["execution.state-recovery.path"] = savepoint
        options["execution.state-recovery.ignore-unclaimed-state"] = str(drop_state).lower()
    try:
        submission.submit(options)
        ledger.update(deployment, State.RUNNING)
        job = jobs.flink.await_running(job_id, timeout)
        if job.state == "FAILED":
            raise jobs.flink.because("it failed as it started", job_id)
    except RunError as problem:
        second = isinstance(
            problem, AlreadySubmitted
        )  # then the job of that id belongs to the submission that was first
        failure = problem if second else _see_it_gone(jobs, package, job_id, savepoint, problem)
        ledger.update(deployment, State.FAILED, note=problem.head[:500])
        ledger.end(name, jobs.target_name)
        raise (AlreadySubmitted if second else RunError).because(name, failure) from None
    if not replaced:
        ledger.end(name, jobs.target_name)
    return Started(name, job_id, job.state, jobs.flink.address, savepoint)


def give_up(jobs: Deployments, job_id: str) -> bool:
    """End a job that did not start well, if the cluster knows it, and wait until it has ended. Whether the cluster knows it."""
    job = jobs.flink.job(job_id)
    if job and job.live:
        jobs.flink.cancel(job_id)
        jobs.flink.await_end(job_id, END_TIMEOUT)
    return job is not None


def stop_with_savepoint(jobs: Deployments, job: FlinkJob, action: Action) -> str:
    """Stop a job and wait until it has ended; the path of its savepoint. Raises RunError; then it still runs."""
    jobs.step(f"{job.name}: stopping with a savepoint")
    trigger = hashlib.sha256(f"{job.id} {jobs.flink.checkpoints(job.id)['counts']}".encode()).hexdigest()[:32]
    jobs.ledger.begin(job.name, jobs.target_name, action, Stopping(job.id, trigger))
    try:
        jobs.flink.trigger_stop(job.id, trigger, jobs.target.savepoints)
        path = jobs.flink.await_savepoint(job.id, trigger, SAVEPOINT_TIMEOUT)
    except Unreachable as problem:
        raise RunError.because(
            f"{job.name}: whether it has stopped is not known",
            problem,
            do=f"penstock status {job.name}, when the cluster answers again",
        ) from None
    except RunError as problem:
        jobs.ledger.end(job.name, jobs.target_name)
        raise CannotStop.because(
            f"{job.name}: it could not be stopped, and continues to run",
            problem,
            do=f"penstock status {job.name}; when it cannot take a savepoint, penstock stop {job.name} --cancel keeps its last "
            "checkpoint, from which resume, rollback and upgrade continue",
        ) from None
    jobs.flink.await_end(job.id, END_TIMEOUT)
    return path


def cancel(jobs: Deployments, job: FlinkJob, deployment: Deployment | None) -> tuple[str, str | None]:
    """End a job without a savepoint. Returns its last state, and the path from which the job can continue: its last checkpoint, or what
    it was started from if it has completed none. Raises RunError."""
    jobs.step(f"{job.name}: cancelling")
    jobs.ledger.begin(job.name, jobs.target_name, Action.STOP, Cancelling(job.id))
    jobs.flink.cancel(job.id)
    ended = jobs.flink.await_end(job.id, END_TIMEOUT)
    point = resume_point(jobs.flink, job.id, deployment.from_savepoint if deployment else None)
    if deployment:
        jobs.ledger.update(deployment.id, State.STOPPED, savepoint=point.path, note="cancelled")
        transactions.abort_open(packages.read(jobs.ledger.package(deployment)), point, jobs.say)
    jobs.ledger.end(job.name, jobs.target_name)
    return ended, point.path


def _see_it_gone(
    jobs: Deployments, package: Package, job_id: str, savepoint: str | None, problem: RunError
) -> RunError:
    """Make sure that what was submitted does not run. Returns the problem, which also says that the job was cancelled, if it was.

    Raises RunError when that cannot be known: the next command reconciles it.
    """
    try:
        if not give_up(jobs, job_id):
            return problem
        transactions.abort_open(package, resume_point(jobs.flink, job_id, savepoint), jobs.say)
        job = jobs.flink.job(job_id)
    except RunError:
        raise RunError.because(
            f"{package.name}: whether it was submitted is not known",
            problem,
            do=f"penstock status {package.name}, when the cluster answers again",
        ) from None
    if not job or job.state != "CANCELED":
        return problem
    details = [*problem.details, "  the job was cancelled because its start failed"]
    do = problem.do or f"penstock logs {package.name} shows the whole error"
    return RunError(problem.head, problem.found, problem.allowed, do, problem.where, details, problem.others)


def _new_id(jobs: Deployments, name: str) -> str:
    """An id for the next job of this name. Two commands that ask at the same time get the same id, even with different ledgers, so
    that Flink itself rejects the second; each job that the cluster knows changes the next id.

    Raises RunError when one of them runs: it may have been submitted while this one was planned.
    """
    known = sorted(job.id for job in checks.reject_if_running(jobs, name))
    ours = {deployment.job_id for deployment in jobs.ledger.deployments(name, jobs.target_name)}
    ids = (hashlib.sha256(f"{name} {known} {turn}".encode()).hexdigest()[:32] for turn in range(len(ours) + 1))
    return next(job_id for job_id in ids if job_id not in ours)
