"""What must hold before a step is taken. Each check raises RunError, which says what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.connectors.config.problems import RunError, nearest
from penstock.connectors.config.texts import shortened
from penstock.connectors.runtime.home import flink_line
from penstock.scripts.cluster import not_running
from penstock.scripts.cluster.records import Deployment, State
from penstock.scripts.flink.client import FlinkJob

if TYPE_CHECKING:
    from penstock.scripts.cluster.deployments import Deployments


class NotDeployed(RunError):
    """No version of a job ever ran at the target."""


def running_job(jobs: Deployments, name: str) -> FlinkJob:
    """The running job of a name. Raises RunError when none runs."""
    live = jobs.flink.live(name)
    if live:
        return live
    last = jobs.ledger.last(name, jobs.target_name)
    running = {job.name for job in jobs.flink.jobs() if job.live}
    there = ", ".join(sorted(running)) or "none"
    if last and last.savepoint:
        do = f"penstock resume {name}"
    elif name.endswith((".yaml", ".yml")):
        do = "write the name of the job: the key name of its job file"
    else:
        do = nearest(name, running) or f"penstock list --target {jobs.target_name} shows what runs"
    raise RunError(f"{name}: no such job runs at {jobs.flink.address}", found=there, do=do)


def reject_if_running(jobs: Deployments, name: str) -> list[FlinkJob]:
    """Every job of this name that the cluster knows, all of them ended. Raises RunError when one runs, no matter who submitted it."""
    known = [job for job in jobs.flink.jobs() if job.name == name]
    live = next((job for job in known if job.live), None)
    if live:
        raise RunError(
            f"{name}: a job of this name runs at {jobs.flink.address}",
            found=f"{live.id}, {live.state}",
            do=f"penstock upgrade to replace it, penstock stop {name} to end it, or give the new one another name",
        )
    return known


def reject_forgetting(jobs: Deployments, name: str) -> None:
    """Raise RunError when a job of this name has state to resume from: starting without it would process its input again."""
    last = jobs.ledger.last(name, jobs.target_name)
    if last and last.state is State.STOPPED and last.savepoint:
        raise RunError(
            f"{name}: it has state to resume from, and submitting would start without it",
            found=f"{last.savepoint} ({last.note or last.at})",
            do=f"penstock resume {name} (or upgrade, with a changed job file) to continue; --fresh to start without its state",
        )
    if last and last.state is State.LOST:
        raise RunError(
            f"{name}: it ran, and the cluster no longer knows it",
            found=f"job {last.job_id}, submitted {last.at}",
            do="--from CHECKPOINT to resume from its last one, or --fresh to start without state",
        )


def say_runs_again(jobs: Deployments, name: str) -> None:
    """Say so when a job of this name has read all of its input before: it reads it again."""
    last = jobs.ledger.last(name, jobs.target_name)
    if last and last.state is State.ENDED:
        jobs.say(
            f"{name}: it has finished before (submitted {last.at}): it reads its input again, and adds to its output"
        )


def known(jobs: Deployments, name: str) -> Deployment:
    """The newest deployment of a name that ran. Raises NotDeployed when none ran."""
    last = jobs.ledger.last(name, jobs.target_name)
    if last:
        return last
    submit = f"penstock submit JOB, with the job file of {name}"
    if failed := not_running.failed_start(jobs, name):
        found = f"its start failed: {shortened(failed.note or failed.at, 160)}"
        raise NotDeployed(f"{name}: it never ran at {jobs.target_name}, so it has no state", found=found, do=submit)
    ran = {one.name for one in jobs.ledger.deployments(target=jobs.target_name) if one.state.ran}
    raise NotDeployed(
        f"no job named {name} was deployed to {jobs.target_name}",
        found=", ".join(sorted(ran)) or "none",
        do=nearest(name, ran) or submit,
    )


def check_version(jobs: Deployments) -> None:
    """Raise RunError when the cluster runs another minor version of Flink than this installation."""
    theirs = jobs.flink.version()
    if ".".join(theirs.split(".")[:2]) != flink_line():
        raise RunError(
            f"the cluster at {jobs.flink.address} runs another Flink",
            found=f"Flink {theirs}",
            allowed=f"Flink {flink_line()}.x, as installed here",
            do=f"pip install 'apache-flink=={theirs}', or name another target",
        )
