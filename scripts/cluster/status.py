"""The status of a job: whether it is healthy, not only whether it runs."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from penstock.connectors.config.problems import RunError
from penstock.connectors.config.quantities import millis
from penstock.jobs.pipeline.loops import loops
from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts.cluster import checks, idle, not_running, transactions
from penstock.scripts.cluster import package as packages
from penstock.scripts.cluster.reconcile import reconcile_if_free
from penstock.scripts.cluster.records import Deployment, State
from penstock.scripts.console.words import behind, duration
from penstock.scripts.flink import metrics
from penstock.scripts.flink.client import FlinkJob
from penstock.scripts.flink.metrics import Metrics
from penstock.scripts.local.progress import Progress, count

if TYPE_CHECKING:
    from penstock.scripts.cluster.deployments import Deployments

_RECENT = 300.0
_LATE_CHECKPOINTS = 3
_LEAST_WAIT = 30.0
_SILENT = ("interval-join", "temporal-join")


@dataclass(frozen=True)
class Status:
    """`reasons` say why a job is not healthy. Times are in seconds; unknown values are None. `rows` are counted in Flink's state,
    since the job's first start. `late_dropped` counts the rows that Flink's own operators dropped as late since the last start;
    `uncounted` names its operators that drop late rows without counting them (in `sql` jobs only). `loops` names each source that
    reads what the job itself writes.

    in = out + rest + dead + late for jobs whose steps output at most one row for each input row, and
    in = aggregated + rest + dead + late for those with windows. `rest` is derived; `rest_is` says what it is: see docs/accounting.md.
    """

    name: str
    job_id: str | None
    state: str
    healthy: bool
    reasons: list[str]
    uptime: float | None = None
    restarts: int | None = None
    checkpoint: dict[str, Any] | None = None
    watermark_lag: float | None = None
    rows: dict[str, int | None] = field(default_factory=dict)
    rest_is: str | None = None
    backpressure: float | None = None
    failed_committables: int | None = None
    savepoint: str | None = None
    address: str = ""
    late_dropped: int = 0
    uncounted: list[str] = field(default_factory=list)
    loops: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def status(jobs: Deployments, name: str) -> Status:
    """The status of one job, running or not. Raises RunError when neither the cluster nor the ledger knows it."""
    said = reconcile_if_free(jobs, name)
    found = [job for job in jobs.flink.jobs() if job.name == name]
    live = [job for job in found if job.live and not jobs.seen_ended(job)]
    last = jobs.ledger.last(name, jobs.target_name)
    if live:
        several = [f"{len(live)} jobs of this name run: {', '.join(job.id for job in live)}"] if len(live) > 1 else []
        return _running(jobs, live[0], last, said + several)
    failed = not_running.failed_start(jobs, name)
    if not last and not found and not failed:
        checks.running_job(jobs, name)  # raises, and names the jobs that run
    job = found[0] if found else None
    state = "STOPPED" if last and last.state is State.STOPPED else job.state if job else "UNKNOWN" if last else "FAILED"
    why = not_running.reasons(jobs, name, job, last, failed)
    done = state == "FINISHED"
    known = last or failed
    seen = _final(jobs, job.id, last) if job and last and last.job_id == job.id else None
    return Status(
        name, job.id if job else known.job_id if known else None, state, done, said if done else said + why,
        rows=_rows(seen), rest_is=_rest_is(seen, done),
        savepoint=last.savepoint if last else None, address=jobs.flink.address,
    )  # fmt: skip


def _final(jobs: Deployments, job_id: str, deployment: Deployment) -> Progress | None:
    """The counts of a job that has ended; None if they are unknown."""
    counts, pipeline = jobs.flink.final_counts(job_id), _pipeline(jobs, deployment)
    return count({"": counts}, pipeline, final=True) if counts and pipeline else None


def _running(jobs: Deployments, job: FlinkJob, last: Deployment | None, reasons: list[str]) -> Status:
    details = jobs.flink.details(job.id)
    checkpoints = jobs.flink.checkpoints(job.id)
    measured = metrics.fresh(jobs.flink, job.id, details["vertices"])
    pipeline = _pipeline(jobs, last) if last and last.job_id == job.id else None
    seen = count(measured.operators, pipeline, final=True) if pipeline and measured.taken else None
    checkpoint = _checkpoint(checkpoints)
    restarts = jobs.flink.restarts(job.id)
    uptime = time.time() - job.started / 1000
    reasons = reasons + _reasons(jobs, job, details, checkpoint, uptime, measured, pipeline)
    if pipeline and measured.taken and job.state == "RUNNING":
        reasons += idle.blocked(pipeline, measured, lambda: metrics.fresh(jobs.flink, job.id, details["vertices"]))
    return Status(
        job.name, job.id, job.state, not reasons, reasons, round(uptime, 1), restarts, checkpoint,
        _lag(seen), _rows(seen), _rest_is(seen), measured.backpressure, measured.failed_committables, None, jobs.flink.address,
        measured.late_dropped, sorted({one.kind for one in last.operators} & set(_SILENT)) if last and pipeline else [],
        [loop.text for loop in loops(pipeline)] if pipeline else [],
    )  # fmt: skip


def _reasons(
    jobs: Deployments, job: FlinkJob, details: dict[str, Any], checkpoint: dict[str, Any], uptime: float,
    measured: Metrics, pipeline: Pipeline | None,
) -> list[str]:  # fmt: skip
    found = []
    waiting = sorted({vertex["status"] for vertex in details["vertices"]} - {"RUNNING", "FINISHED"})
    if job.state != "RUNNING" or waiting:
        tasks = f", with tasks {', '.join(waiting)}" if waiting else ""
        found.append(f"it is {job.state}{tasks}{not_running.cause(jobs, job)}")
    found += [f"{sink} waits for its system to answer, {duration(s)} so far" for sink, s in measured.waiting.items()]
    if measured.failed_committables:
        where = transactions.at_risk(pipeline) if pipeline else ""
        found.append(
            f"{measured.failed_committables} transactions of completed checkpoints could not be committed: their rows may be lost"
            + (f" (read so far: {where})" if where else "")
        )
    interval = millis(pipeline.flink.checkpoint) / 1000 if pipeline else 10.0
    patience = max(_LEAST_WAIT, _LATE_CHECKPOINTS * interval)
    age = checkpoint["age"] if checkpoint["age"] is not None else uptime
    if age > patience:
        last = f"the last checkpoint is {age:.0f} s old" if checkpoint["age"] is not None else "no checkpoint so far"
        found.append(f"{last}; one is due every {interval:g} s")
    elif checkpoint["failed_since"]:
        found.append(f"{checkpoint['failed_since']} checkpoints failed since the last good one")
    recent = jobs.flink.last_failure_age(job.id)
    if job.state == "RUNNING" and recent is not None and recent < _RECENT:
        found.append(f"it failed and restarted {recent:.0f} s ago{'' if waiting else not_running.cause(jobs, job)}")
    return found


def _checkpoint(found: dict[str, Any]) -> dict[str, Any]:
    """The id, age and duration of the last completed checkpoint, the counts, and how many failed after it."""
    last = found["latest"].get("completed")
    counts = found["counts"]
    failed = [one for one in found["history"] if one["status"] == "FAILED" and (not last or one["id"] > last["id"])]
    return {
        "id": last["id"] if last else None,
        "age": round(max(0.0, time.time() - last["latest_ack_timestamp"] / 1000), 1) if last else None,
        "duration": last["end_to_end_duration"] / 1000 if last else None,
        "bytes": last["checkpointed_size"] if last else None,
        "completed": counts["completed"],
        "failed": counts["failed"],
        "failed_since": len(failed),
    }


def _pipeline(jobs: Deployments, deployment: Deployment) -> Pipeline | None:
    try:
        return packages.read(jobs.ledger.package(deployment)).pipeline()
    except RunError:
        return None  # packed by another version of Penstock: its counts stay unknown


def _lag(seen: Progress | None) -> float | None:
    if not seen or not seen.watermark:
        return None
    return round((datetime.now(timezone.utc) - seen.watermark).total_seconds(), 1)


def _rows(seen: Progress | None) -> dict[str, int | None]:
    if not seen:
        return dict.fromkeys(("in", "out", "aggregated", "filtered", "rest", "dead", "late"))
    late = seen.rejected.get("late", 0)
    rest, filtered = (None if rows is None else max(0, rows) for rows in (seen.rest, seen.filtered))
    return {
        "in": seen.rows_in, "out": seen.rows_out, "aggregated": seen.aggregated, "filtered": filtered, "rest": rest,
        "dead": seen.dead - late, "late": late,
    }  # fmt: skip


def _rest_is(seen: Progress | None, finished: bool = False) -> str | None:
    return seen.rest_is(finished) if seen and seen.rest is not None else None


def text(found: Status) -> str:
    """The status for a person, the verdict first."""
    lines = [f"{found.name}: {found.state}, {'healthy' if found.healthy else 'NOT healthy'}"]
    lines += [f"  ! {reason}" for reason in found.reasons]
    if found.uptime is not None:
        lines.append(
            f"  job          {found.job_id} at {found.address}, up {duration(found.uptime)}, {found.restarts} restarts"
        )
    if found.checkpoint and found.checkpoint["id"] is not None:
        one = found.checkpoint
        lines.append(
            f"  checkpoint   {one['id']}, {one['age']:.0f} s ago, took {one['duration']:g} s, {one['bytes']:,} bytes"
        )
    if found.watermark_lag is not None:
        lines.append(f"  watermark    {behind(found.watermark_lag)} the clock")
    known = {name: rows for name, rows in found.rows.items() if rows is not None and name != "filtered"}
    if found.rest_is:
        known = {found.rest_is if name == "rest" else name: rows for name, rows in known.items()}
    if known:
        lines.append(
            "  rows         "
            + ", ".join(f"{name} {rows:,}" for name, rows in known.items())
            + " (since its first start)"
        )
    elif found.state == "RUNNING":
        lines.append("  rows         not known: its metrics are missing, or old")
    if found.late_dropped:
        lines.append(
            f"  late         {found.late_dropped:,} rows dropped by Flink's own operators (since its last start)"
        )
    for kind in found.uncounted:
        lines.append(
            f"  late         rows that come too late for the {kind} are dropped, and Flink does not count them"
        )
    lines += [f"  loop         {loop}, as allow_loop accepts" for loop in found.loops]
    if found.backpressure is not None:
        lines.append(f"  backpressure {found.backpressure:.0%}")
    if found.failed_committables is not None:
        lines.append(f"  failed committables {found.failed_committables}")
    if found.savepoint:
        lines.append(f"  savepoint    {found.savepoint}")
    return "\n".join(lines)
