"""After an operation was broken off (the command was killed, the network failed): bring the ledger into line with the cluster.

Nothing is started or stopped here. The caller holds the job's lock, so no process of ours is still at work on the job, and what the
cluster shows is final; the ledger says which job id or savepoint to look for.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from penstock.connectors.config.problems import RunError
from penstock.scripts.cluster.records import (
    AnyStep,
    Cancelling,
    Deployment,
    State,
    Stopping,
    Submitting,
    assert_never,
)
from penstock.scripts.cluster.resume_point import resume_point

if TYPE_CHECKING:
    from penstock.scripts.cluster.deployments import Deployments

_STOPPING = 120.0
_ENDING = ("CANCELLING", "FAILING")
"""States of a job that will not run again."""


def reconcile(jobs: Deployments, name: str) -> str | None:
    """What was found, in a sentence; None when nothing was broken off. The caller holds the job's lock."""
    operation = jobs.ledger.operation(name, jobs.target_name)
    if not operation:
        if last := jobs.ledger.last(name, jobs.target_name):
            _without_operation(jobs, last)
        return None
    found = _with_step(jobs, name, operation.step)
    for deployment in jobs.ledger.deployments(name, jobs.target_name):
        if deployment.state is State.SUBMITTING:
            jobs.ledger.update(deployment.id, State.FAILED, note="broken off before it was submitted")
    jobs.ledger.end(name, jobs.target_name)
    text = f"{name}: {_a(operation.action.value)} of {operation.at} was broken off; {found}"
    jobs.say(text)
    return text


def reconcile_if_free(jobs: Deployments, name: str) -> list[str]:
    """The same for a command that only reads: what was found, or that another command is at work on the job."""
    if not jobs.ledger.file.exists():
        return []
    try:
        with jobs.ledger.locked(name, jobs.target_name):
            found = reconcile(jobs, name)
            return [found] if found else []
    except RunError as problem:
        return [problem.head]


def _with_step(jobs: Deployments, name: str, step: AnyStep) -> str:
    match step:
        case Stopping():
            return _stopping(jobs, name, step)
        case Cancelling():
            return _cancelling(jobs, step)
        case Submitting():
            return _submitting(jobs, step)
        case _:
            return assert_never(step)


def _stopping(jobs: Deployments, name: str, step: Stopping) -> str:
    """The job still runs, is being stopped, or has ended with a savepoint."""
    flink, job_id = jobs.flink, step.job_id
    until = time.monotonic() + _STOPPING
    while True:
        job = flink.job(job_id)
        status, path = flink.savepoint_of(job_id, step.trigger)
        if not job or not job.live:
            break
        if status == "UNKNOWN":
            return "the job still runs, no savepoint was requested"
        if status == "COMPLETED" and not path:
            return "the job still runs, the savepoint failed"
        if time.monotonic() > until:
            raise RunError(f"{name}: it is still being stopped", do="try again later")
        time.sleep(0.2)
    deployment = next((one for one in jobs.ledger.deployments(name) if one.job_id == job_id), None)
    if job and not path:
        path = resume_point(flink, job_id, deployment.from_savepoint if deployment else None).path
    if deployment:
        jobs.ledger.update(deployment.id, State.STOPPED, savepoint=path)
    return f"the job has stopped, with the savepoint {path}" if path else "the cluster no longer knows the job"


def _cancelling(jobs: Deployments, step: Cancelling) -> str:
    """The job still runs, is being cancelled, or was cancelled."""
    flink, job_id = jobs.flink, step.job_id
    job = flink.job(job_id)
    if job and job.live and job.state != "CANCELLING":
        return "the job still runs"
    if job:
        flink.await_end(job_id, _STOPPING)
    for deployment in jobs.ledger.deployments():
        if deployment.job_id == job_id:
            kept = resume_point(flink, job_id, deployment.from_savepoint).path if job else None
            jobs.ledger.update(deployment.id, State.STOPPED, kept, note="cancelled")
    return "the job was cancelled"


def _submitting(jobs: Deployments, step: Submitting) -> str:
    """The job id was chosen before the submission: the cluster knows it, or it was never submitted."""
    job = jobs.flink.job(step.job_id)
    if job and job.state in _ENDING:
        jobs.flink.await_end(job.id, _STOPPING)
        job = jobs.flink.job(step.job_id)
    if job and (job.live or job.state == "FINISHED"):
        jobs.ledger.update(step.deployment, State.RUNNING)
        return f"the new version was submitted, and {'runs' if job.live else 'has finished'}"
    jobs.ledger.update(step.deployment, State.FAILED, note="broken off before it was stable")
    compatible = step.replaced and step.replaced.compatible
    newer = None
    if compatible:
        newer = jobs.flink.last_state(job.id, own=True) if job else jobs.flink.kept_checkpoint(step.job_id)
    if step.replaced and newer:  # what the new version wrote until then is committed: the old version resumes after it
        jobs.ledger.update(step.replaced.deployment, savepoint=newer)
    return f"the new version has ended as {job.state}" if job else "the new version was not started"


def _without_operation(jobs: Deployments, last: Deployment) -> None:
    """Bring the newest deployment of a job up to date, on which no command was at work."""
    match last.state:
        case State.RUNNING:
            _ended_unseen(jobs, last)
        case State.SUBMITTING | State.STOPPED | State.ENDED | State.LOST | State.FAILED:
            pass
        case _:
            assert_never(last.state)


def _ended_unseen(jobs: Deployments, last: Deployment) -> None:
    """A job that runs by the ledger: it may have ended by itself, have been stopped by other means, or be unknown to the cluster (which
    was started again)."""
    job = jobs.flink.job(last.job_id)
    if job is None:
        kept = jobs.flink.kept_checkpoint(last.job_id)
        note = "the cluster no longer knows it" + ("; this is its last checkpoint" if kept else "")
        jobs.ledger.update(last.id, State.STOPPED if kept else State.LOST, kept, note)
    elif not job.live:
        finished = job.state == "FINISHED"
        kept = resume_point(jobs.flink, job.id, None if finished else last.from_savepoint).path
        state = State.STOPPED if not finished or kept else State.ENDED
        jobs.ledger.update(last.id, state, kept, note=f"seen {job.state}")


def _a(word: str) -> str:
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"
