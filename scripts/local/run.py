"""Run one pipeline in a mini-cluster: rows to standard output, a live line to standard error, the cause of a failure first."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from connectors.problems import RunError
from connectors.runtime import cache_dir
from jobs.pipeline import Pipeline
from scripts.local import jvm, progress
from scripts.local.failure import cause
from scripts.local.pipe import Pipe

_TICK = 0.05
_FINAL_WAIT = 3.0


@dataclass(frozen=True)
class Options:
    """How to run: stop after `limit` rows or `timeout` seconds; `write` gets lines of rows, `live` the progress line."""

    limit: int | None = None
    timeout: float | None = None
    write: Callable[[list[bytes]], None] = lambda lines: None
    live: Callable[[str], None] = lambda text: None


@dataclass(frozen=True)
class Outcome:
    """How a run ended: `finished`, `limit` or `timeout`."""

    ended: str
    progress: progress.Progress
    seconds: float


def run(pipeline: Pipeline, options: Options, folders: list[Path]) -> Outcome:
    """Run until the job ends, the limit, the timeout or Ctrl-C. `folders` are where user modules are looked for.

    Raises RunError with the cause of a failure, KeyboardInterrupt after a clean stop.
    """
    for connector in pipeline.connectors():
        connector.preflight()
    log_dir = new_log_dir(pipeline.name)
    sys.path[:0] = [str(folder) for folder in folders if str(folder) not in sys.path]
    with tempfile.TemporaryDirectory(prefix="penstock-") as scratch, Pipe(Path(scratch) / "rows") as pipe:
        names = {"penstock", *(name for connector in pipeline.connectors() for name in connector.jars)}
        jvm.prepare(Path(scratch), names, log_dir)
        reporter = Path(scratch) / "progress.json"
        started = time.monotonic()
        with failures(log_dir):
            env = jvm.environment(
                {**local_options(pipeline.configuration(), reporter), "penstock.console.to": str(pipe.path)}
            )
            job = pipeline.compose(env).execute().get_job_client()
            ended = _watch(job, pipe, options, pipeline, reporter)
        seen = _last(reporter, pipeline)
        return Outcome(ended, seen, time.monotonic() - started)


def local_options(own: dict[str, str], reporter: Path) -> dict[str, str]:
    """The job's options and what a local run adds: a failure is shown at once, not restarted for ever."""
    return {
        **own,
        "restart-strategy.type": "none",
        "rest.bind-port": "0",
        "metrics.reporter.penstock.factory.class": "penstock.ProgressReporter",
        "metrics.reporter.penstock.interval": "500 ms",
        "metrics.reporter.penstock.path": str(reporter),
        "taskmanager.numberOfTaskSlots": own["parallelism.default"],
    }


def new_log_dir(name: str) -> Path:
    """A folder for one run's log; the ten before it are kept."""
    logs = cache_dir() / "logs"
    here = logs / f"{name}-{datetime.now():%Y%m%d-%H%M%S}-{os.getpid()}"
    with contextlib.suppress(OSError):
        import shutil

        for old in sorted(logs.iterdir(), key=lambda path: path.stat().st_mtime)[:-10]:
            shutil.rmtree(old, ignore_errors=True)
    return here


@contextlib.contextmanager
def failures(log_dir: Path) -> Iterator[None]:
    """Turn what PyFlink and Java raise into one RunError."""
    try:
        yield
    except (KeyboardInterrupt, RunError):
        raise
    except Exception as problem:
        raise RunError(f"{cause(problem)}\n  log  {log_dir}") from problem


def _watch(job: Any, pipe: Pipe, options: Options, pipeline: Pipeline, reporter: Path) -> str:
    result = job.get_job_execution_result()
    deadline = time.monotonic() + options.timeout if options.timeout else None
    rows, shown = 0, time.monotonic()
    try:
        while True:
            done = result.done()
            lines = pipe.lines(0 if done else _TICK)
            if options.limit is not None:
                lines = lines[: options.limit - rows]
            rows += len(lines)
            options.write(lines)
            if options.limit is not None and rows >= options.limit:
                return _stop(job, result, "limit")
            if done and not lines:
                result.result()
                return "finished"
            now = time.monotonic()
            if deadline and now > deadline:
                return _stop(job, result, "timeout")
            if now - shown > 0.5:
                options.live(progress.read(reporter, pipeline).text())
                shown = now
    except KeyboardInterrupt:
        _stop(job, result, "interrupted")
        raise


def _stop(job: Any, result: Any, why: str) -> str:
    with contextlib.suppress(Exception):
        job.cancel().result()
    with contextlib.suppress(Exception):
        result.result()
    return why


def _last(reporter: Path, pipeline: Pipeline) -> progress.Progress:
    """The final counts: the reporter writes them as the mini-cluster goes down."""
    until = time.monotonic() + _FINAL_WAIT
    seen = progress.read(reporter, pipeline)
    while not seen.final and time.monotonic() < until:
        time.sleep(_TICK)
        seen = progress.read(reporter, pipeline)
    return seen
