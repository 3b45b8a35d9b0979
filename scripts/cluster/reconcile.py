"""After an operation was broken off (the tool killed, the network gone): bring the ledger into line with the cluster.

Nothing is started or stopped here. Whoever holds the job's lock knows that no process of ours is still at work on it, so what the
cluster shows is what there is; the ledger says which job id or savepoint to look for.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from penstock.connectors.base.problems import RunError
from penstock.scripts.cluster.ledger import Operation

if TYPE_CHECKING:
    from penstock.scripts.cluster.site import Site

_STOPPING = 120.0


def reconcile(site: Site, name: str) -> str | None:
    """What was found, in a sentence; None when nothing was broken off. The caller holds the job's lock."""
    operation = site.ledger.operation(name, site.target_name)
    if not operation:
        _ended_unseen(site, name)
        return None
    if operation.step == "stopping":
        found = _stopping(site, name, operation)
    elif operation.step == "cancelling":
        found = _cancelling(site, operation)
    else:
        found = _submitting(site, operation)
    for deploy in site.ledger.deploys(name, site.target_name):
        if deploy.state == "submitting":
            site.ledger.update(deploy.id, state="failed", note="broken off before it was submitted")
    site.ledger.end(name, site.target_name)
    text = f"{name}: {_a(operation.kind)} of {operation.at} was broken off; {found}"
    site.say(text)
    return text


def reconcile_if_free(site: Site, name: str) -> list[str]:
    """The same for a command that only reads: what was found, or that another command is at work on the job."""
    if not site.ledger.file.exists():
        return []
    try:
        with site.ledger.locked(name, site.target_name):
            found = reconcile(site, name)
            return [found] if found else []
    except RunError as problem:
        return [str(problem).splitlines()[0]]


def _stopping(site: Site, name: str, operation: Operation) -> str:
    """The job runs on, is being stopped, or has ended with a savepoint."""
    flink, job_id, trigger = site.flink, operation.data["job_id"], operation.data["trigger"]
    until = time.monotonic() + _STOPPING
    while True:
        job = flink.job(job_id)
        status, path = flink.savepoint_of(job_id, trigger)
        if not job or not job.live:
            break
        if status == "UNKNOWN":
            return "the job runs on, no savepoint was asked for"
        if status == "COMPLETED" and not path:
            return "the job runs on, the savepoint failed"
        if time.monotonic() > until:
            raise RunError(f"{name}: it is still being stopped", do="try again later")
        time.sleep(0.2)
    path = path or (flink.last_state(job_id) if job else None)
    deploy = next((d for d in site.ledger.deploys(name) if d.job_id == job_id), None)
    if deploy:
        site.ledger.update(deploy.id, state="stopped", savepoint=path or deploy.savepoint)
    return f"the job has stopped, with the savepoint {path}" if path else "the job is gone"


def _cancelling(site: Site, operation: Operation) -> str:
    flink, job_id = site.flink, operation.data["job_id"]
    job = flink.job(job_id)
    if job and job.live and job.state != "CANCELLING":
        return "the job runs on"
    if job:
        flink.await_end(job_id, _STOPPING)
    savepoint = flink.last_state(job_id) if job else None
    for deploy in site.ledger.deploys():
        if deploy.job_id == job_id:
            site.ledger.update(deploy.id, state="stopped", savepoint=savepoint, note="cancelled")
    return "the job was cancelled"


def _submitting(site: Site, operation: Operation) -> str:
    """The job id was chosen before the submission: it is on the cluster, or was never submitted."""
    data = operation.data
    job = site.flink.job(data["job_id"])
    if job and (job.live or job.state == "FINISHED"):
        site.ledger.update(data["deploy"], state="running")
        return (
            "the new version was submitted, and runs" if job.live else "the new version was submitted, and has finished"
        )
    site.ledger.update(data["deploy"], state="failed", note="broken off before it held")
    newer = site.flink.last_state(job.id, own=True) if job and data.get("compatible") else None
    if newer:  # what the new version wrote until then is committed: the one before goes on from there
        site.ledger.update(data["from"], savepoint=newer)
    return "the new version was not started" if not job else f"the new version was ended, {job.state}"


def _ended_unseen(site: Site, name: str) -> None:
    """A job that the ledger holds for running and that ended by itself, was stopped by other means, or is not known any more
    (the cluster was started anew)."""
    ledger, flink = site.ledger, site.flink
    last = ledger.last(name, site.target_name)
    if not last or last.state != "running":
        return
    job = flink.job(last.job_id)
    if job is None:
        kept = flink.kept_checkpoint(last.job_id)
        note = "the cluster does not know it any more" + ("; this is its last checkpoint" if kept else "")
        ledger.update(last.id, state="stopped" if kept else "lost", savepoint=kept, note=note)
    elif not job.live:
        kept = flink.last_state(job.id)
        state = "stopped" if job.state != "FINISHED" or kept else "ended"
        ledger.update(last.id, state=state, savepoint=kept, note=f"seen {job.state}")


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
