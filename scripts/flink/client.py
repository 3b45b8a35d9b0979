"""A client of a running Flink cluster: read and control its jobs."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from penstock.connectors.config.problems import RunError
from penstock.connectors.config.texts import shortened
from penstock.scripts.flink.failure import JOB_FAILED, Failure, cause
from penstock.scripts.flink.rest import Rejected, Rest, Unreachable, last_cause

ENDED = ("FINISHED", "CANCELED", "FAILED")
LONGEST_CAUSE = 160
"""Characters of the cause of a failure within a sentence."""

_POLL = 0.2
_MOST_RESTARTS = 3


@dataclass(frozen=True)
class FlinkJob:
    """A job as the cluster lists it; `started` is in milliseconds since 1970."""

    id: str
    name: str
    state: str
    started: int

    @property
    def live(self) -> bool:
        """Whether it has not ended: it runs, starts or restarts."""
        return self.state not in ENDED


class Flink:
    """The cluster at a REST address; `start` is the command that starts such a cluster, for error texts."""

    def __init__(self, address: str, start: str = "penstock stack up") -> None:
        self.address = address
        self.rest = Rest(address, start=start)

    def version(self) -> str:
        """Flink's version, such as `2.3.0`. Raises Unreachable, or RunError when something else answers."""
        found = self.rest.get("/config")
        if not isinstance(found, dict) or "flink-version" not in found:
            raise RunError(
                f"what answers at {self.address} is not a Flink REST interface", do="correct the target's address"
            )
        return str(found["flink-version"])

    def jobs(self) -> list[FlinkJob]:
        """Every job that the cluster knows, the last started first. It knows ended jobs for an hour."""
        found = self.rest.get("/jobs/overview")["jobs"]
        jobs = [FlinkJob(job["jid"], job["name"], job["state"], job["start-time"]) for job in found]
        return sorted(jobs, key=lambda job: job.started, reverse=True)

    def job(self, job_id: str) -> FlinkJob | None:
        """One job, or None when the cluster does not know it."""
        return next((job for job in self.jobs() if job.id == job_id), None)

    def live(self, name: str) -> FlinkJob | None:
        """The job of a name that has not ended, or None."""
        return next((job for job in self.jobs() if job.name == name and job.live), None)

    def details(self, job_id: str) -> dict[str, Any]:
        """Vertices, states and times, as Flink returns them."""
        found: dict[str, Any] = self.rest.get("/jobs", job_id)
        return found

    def final_counts(self, job_id: str) -> dict[str, int]:
        """The counters of the tasks that have ended, which `RowCounter.java` keeps, by name. Empty if no task has ended."""
        found = self.rest.get("/jobs", job_id, "accumulators")["user-task-accumulators"]
        ours = (one for one in found if one["name"].startswith("penstock_"))
        return {one["name"]: int(one["value"]) for one in ours}

    def checkpoints(self, job_id: str) -> dict[str, Any]:
        """Counts, the latest of each kind, and the history, as Flink returns them."""
        found: dict[str, Any] = self.rest.get("/jobs", job_id, "checkpoints")
        return found

    def completed(self, job_id: str) -> int:
        """How many checkpoints (not savepoints) were completed since the job was submitted."""
        counts = self.checkpoints(job_id)["counts"]
        return int(counts["completed"])

    def last_state(self, job_id: str, own: bool = False) -> str | None:
        """The path of what `last_kept` returns."""
        last = self.last_kept(job_id, own)
        return str(last["external_path"]) if last else None

    def last_kept(self, job_id: str, own: bool = False) -> dict[str, Any] | None:
        """An ended job's last checkpoint or savepoint; None when none is kept. `own` counts only checkpoints.

        The REST interface answers from a copy that is some seconds old. This waits until the copy is new, because an old answer may
        name a checkpoint that was deleted since.
        """
        time.sleep(float(self.rest.get("/config")["refresh-interval"]) / 1000 + 0.3)
        latest = self.checkpoints(job_id)["latest"]
        kinds = ("completed",) if own else ("completed", "savepoint")
        kept = [latest[kind] for kind in kinds if latest.get(kind) and not latest[kind]["discarded"]]
        return max(kept, key=lambda one: one["id"], default=None)

    def savepoint_of(self, job_id: str, trigger: str) -> tuple[str, str | None]:
        """`IN_PROGRESS`, `COMPLETED` or `UNKNOWN` (never requested, or long ago); and the savepoint's path once it exists."""
        try:
            found = self.rest.get("/jobs", job_id, "savepoints", trigger)
        except Rejected:
            return "UNKNOWN", None
        return found["status"]["id"], (found.get("operation") or {}).get("location")

    def configuration(self) -> dict[str, str]:
        """The JobManager's options."""
        return {entry["key"]: entry["value"] for entry in self.rest.get("/jobmanager/config")}

    def kept_checkpoint(self, job_id: str) -> str | None:
        """The last complete checkpoint of a job that the cluster no longer knows, when its folder is on this machine."""
        folder = self.configuration().get("execution.checkpointing.dir", "")
        if not folder.startswith("file:"):
            return None
        found = Path(unquote(urlsplit(folder).path), job_id).glob("chk-*/_metadata")
        last = max(found, key=lambda file: int(file.parent.name.removeprefix("chk-")), default=None)
        return last.parent.as_uri() if last else None

    def restarts(self, job_id: str) -> int:
        """How often the job was restarted after a failure."""
        found = self.rest.get("/jobs", job_id, "metrics", get="numRestarts")
        return int(float(found[0]["value"])) if found else 0

    def failure(self, job_id: str) -> str | None:
        """The Java stack trace of the last failure, if the job failed."""
        last = self._last_failure(job_id)
        return str(last["stacktrace"]) if last else None

    def failed_at(self, job_id: str) -> int | None:
        """When a task or the job failed last, in milliseconds since 1970; None if none did."""
        last = self._last_failure(job_id)
        return int(last["timestamp"]) if last else None

    def last_failure_age(self, job_id: str) -> float | None:
        """The seconds since a task or the job failed last; None if none did."""
        last = self.failed_at(job_id)
        return None if last is None else max(0.0, time.time() - last / 1000)

    def _last_failure(self, job_id: str) -> dict[str, Any] | None:
        entries = self.rest.get("/jobs", job_id, "exceptions").get("exceptionHistory", {}).get("entries", [])
        return entries[0] if entries else None

    def trigger_stop(self, job_id: str, trigger: str, folder: str | None) -> None:
        """Begin to stop a job with a savepoint. A second request with the same `trigger` (32 hexadecimal digits) changes nothing."""
        body = {"drain": False, "triggerId": trigger, **({"targetDirectory": folder} if folder else {})}
        self.rest.post("/jobs", job_id, "stop", body=body)

    def trigger_savepoint(self, job_id: str, folder: str | None) -> str:
        """Begin a savepoint of a job that continues to run; the trigger id to ask for its result."""
        body = {"cancel-job": False, **({"target-directory": folder} if folder else {})}
        return str(self.rest.post("/jobs", job_id, "savepoints", body=body)["request-id"])

    def await_savepoint(self, job_id: str, trigger: str, timeout: float) -> str:
        """The path of a triggered savepoint. Raises RunError when it fails or takes longer than `timeout` seconds."""
        until = time.monotonic() + timeout
        while time.monotonic() < until:
            found = self.rest.get("/jobs", job_id, "savepoints", trigger)
            if found["status"]["id"] == "COMPLETED":
                done = found["operation"]
                if "location" in done:
                    return str(done["location"])
                raise RunError(
                    f"the savepoint failed: {last_cause(done['failure-cause'].get('stack-trace', '')) or 'Flink named no reason'}"
                )
            time.sleep(_POLL)
        raise RunError(
            f"the savepoint is not complete after {timeout:g} s", do="look at penstock status, and try again"
        )

    def await_end(self, job_id: str, timeout: float) -> str:
        """Wait until a job has ended; its last state. It may still be RUNNING when its savepoint is complete. Raises RunError."""
        until = time.monotonic() + timeout
        while time.monotonic() < until:
            job = self.job(job_id)
            if job is None or not job.live:
                return job.state if job else "UNKNOWN"
            time.sleep(_POLL)
        raise RunError(f"the job {job_id} has not ended after {timeout:g} s", do="look at penstock logs")

    def await_running(self, job_id: str, timeout: float) -> FlinkJob:
        """Wait until every task of a job runs, or the job has ended. Raises RunError when neither happens in time, or the job fails again
        and again."""
        until = time.monotonic() + timeout
        state, logs = "not known to the cluster", "penstock logs"
        while time.monotonic() < until:
            job = self.job(job_id)
            if job:
                state, logs = job.state, f"penstock logs {job.name}"
                if not job.live or self.all_run(job):
                    return job
                self.reject_restarting(job_id)
            time.sleep(_POLL)
        raise self.because(f"the job is {state} after {timeout:g} s", job_id, do=self._cure(logs))

    def reject_restarting(self, job_id: str) -> None:
        """Raise RunError when the job was restarted so often that another restart will not help."""
        if self.restarts(job_id) >= _MOST_RESTARTS:
            raise self.because("it fails again and again", job_id)

    def all_run(self, job: FlinkJob) -> bool:
        """Whether every task of a job runs, or has ended."""
        if job.state != "RUNNING":
            return False
        states = {vertex["status"] for vertex in self.details(job.id)["vertices"]}
        return states <= {"RUNNING", "FINISHED"}

    def because(self, head: str, job_id: str, do: str = "") -> RunError:
        """An error whose cause is the job's last failure, when one is known."""
        failure = self._cause(job_id)
        return failure.error(head, do) if failure else RunError(head, do=do)

    def why(self, job_id: str) -> str:
        """The cause of the last failure on one line, to put behind a sentence; empty when none is known."""
        failure = self._cause(job_id)
        if not failure:
            return ""
        return f": {shortened(failure.reason if failure.what == JOB_FAILED else failure.head, LONGEST_CAUSE)}"

    def _cause(self, job_id: str) -> Failure | None:
        try:
            trace = self.failure(job_id)
        except (Rejected, Unreachable):
            return None
        return cause(RuntimeError(trace)) if trace else None

    def _cure(self, logs: str) -> str:
        slots = self.rest.get("/overview")
        if slots["slots-available"] == 0:
            return (
                f"all {slots['slots-total']} slots are taken: stop a job, add TaskManagers, or lower flink.parallelism"
            )
        return f"look at {logs}"

    def cancel(self, job_id: str) -> None:
        """End a job without a savepoint. A job that has ended is left unchanged."""
        try:
            self.rest.patch("/jobs", job_id, mode="cancel")
        except Rejected as problem:
            if problem.status not in (404, 409):
                raise
