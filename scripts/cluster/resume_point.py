"""From what state a job that has ended continues."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone

from penstock.scripts.flink.client import Flink


@dataclass(frozen=True)
class ResumePoint:
    """A checkpoint or savepoint from which a job continues."""

    path: str | None = None
    """None if the job has to start without state."""

    uncommitted: datetime | None = None
    """The job may still commit transactions that began until this time, in UTC, when it continues. None if it commits none."""


def resume_point(flink: Flink, job_id: str, started_from: str | None) -> ResumePoint:
    """Return the last checkpoint or savepoint of an ended job, or what it was started from if it completed no checkpoint.

    A recovery from a failure continues from the same state.

    The transactions of a checkpoint began before it was triggered, those of the next one begin afterwards, while it completes. A
    transaction that began in between may belong to either: to this checkpoint only if the job failed before it was committed.
    """
    last = flink.last_kept(job_id)
    if last:
        failure, complete = flink.failed_at(job_id), last["latest_ack_timestamp"]
        uncommitted = complete if failure is not None and failure >= complete else last["trigger_timestamp"]
        return ResumePoint(str(last["external_path"]), _utc(uncommitted))
    job = flink.job(job_id)
    if job and started_from and not flink.completed(job_id):
        return ResumePoint(started_from, _utc(job.started))
    return ResumePoint()


def _utc(millis: int) -> datetime:
    return datetime.fromtimestamp(millis / 1000, timezone.utc)
