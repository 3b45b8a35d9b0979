"""Why a job does not run, and the command to type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.connectors.config.texts import shortened
from penstock.scripts.cluster.records import Deployment, State
from penstock.scripts.flink.client import LONGEST_CAUSE, FlinkJob

if TYPE_CHECKING:
    from penstock.scripts.cluster.deployments import Deployments


def failed_start(jobs: Deployments, name: str) -> Deployment | None:
    """The newest deployment of a job, if its start failed."""
    newest = next(iter(jobs.ledger.deployments(name, jobs.target_name)), None)
    return newest if newest and newest.state is State.FAILED else None


def reasons(
    jobs: Deployments, name: str, job: FlinkJob | None, last: Deployment | None, failed: Deployment | None
) -> list[str]:
    """Why a job does not run. `job` is the last one of its name that the cluster knows, `last` the newest deployment that ran, and
    `failed` the newest deployment if its start failed."""
    does_not = "it does not run"
    found = [
        f"{does_not}; penstock resume {name} starts it from its savepoint" if last and last.savepoint else does_not
    ]
    if failed and (not job or job.id == failed.job_id):
        cancelled = "it was cancelled because " if job and job.state == "CANCELED" else ""
        note = shortened(failed.note or "see penstock history", LONGEST_CAUSE)
        found.append(f"{cancelled}its start failed: {note}{see_logs(name) if job else ''}")
    elif job and job.state == "FAILED":
        found.append(f"it failed{cause(jobs, job)}")
    return found


def cause(jobs: Deployments, job: FlinkJob) -> str:
    """The cause of a job's last failure, to put behind a sentence, and the command that shows all of it; empty when none is known."""
    why = jobs.flink.why(job.id)
    return f"{why}{see_logs(job.name)}" if why else ""


def see_logs(name: str) -> str:
    """The command that shows the whole error, to put behind its cause."""
    return f"; penstock logs {name} shows the whole error"
