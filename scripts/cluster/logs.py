"""The logs of the client, the JobManager and the TaskManagers, and the cause of the last failure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from penstock.connectors.config.problems import RunError
from penstock.connectors.runtime.home import cache_dir
from penstock.scripts.cluster import checks
from penstock.scripts.flink.failure import cause

if TYPE_CHECKING:
    from penstock.scripts.cluster.deployments import Deployments


def logs(jobs: Deployments, name: str, part: str, lines: int) -> dict[str, str]:
    """Texts by their source. `part` is `failure`, `client`, `jobmanager` or `taskmanager` (one entry for each). Raises RunError."""
    if part == "client":
        return _client(name, lines)
    if part == "jobmanager":
        return {"jobmanager": _tail(jobs.flink.rest.text("/jobmanager/log"), lines)}
    if part == "taskmanager":
        ids = [one["id"] for one in jobs.flink.rest.get("/taskmanagers")["taskmanagers"]]
        return {one: _tail(jobs.flink.rest.text("/taskmanagers", one, "log"), lines) for one in ids}
    job = next((job for job in jobs.flink.jobs() if job.name == name), None)
    if not job:
        checks.running_job(jobs, name)
        return {}
    trace = jobs.flink.failure(job.id)
    return {"failure": cause(RuntimeError(trace), cache_dir()).text()} if trace else {}


def _client(name: str, lines: int) -> dict[str, str]:
    """The log of the last submission that wrote one: a submission that runs now may not have written anything yet."""
    own = re.compile(rf"submit-{re.escape(name)}-\d+-\d+-\d+")  # else `orders` would find the logs of `orders-daily`
    folders = [folder for folder in (cache_dir() / "logs").glob("submit-*") if own.fullmatch(folder.name)]
    for folder in sorted(folders, key=lambda folder: folder.stat().st_mtime, reverse=True):
        if files := [file for file in sorted(folder.iterdir()) if file.stat().st_size]:
            return {str(file): _tail(file.read_text(encoding="utf-8", errors="replace"), lines) for file in files}
    raise RunError(f"{name}: no submission from this machine has left a log")


def _tail(text: str, lines: int) -> str:
    return "\n".join(text.splitlines()[-lines:])
