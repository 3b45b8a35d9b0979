"""Run one pipeline in a mini-cluster: rows to standard output, a live line to standard error, the cause of a failure first."""

from __future__ import annotations

import contextlib
import os
import signal
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
from scripts.modules import importable

_TICK = 0.05
_FINAL_WAIT = 3.0
_STOP_WAIT = 15.0


@dataclass(frozen=True)
class Options:
    """How to run: stop after `limit` rows or `timeout` seconds; `write` gets lines of rows, `live` the progress line.

    `starting` is called before anything slow, and again when jars were fetched (which may have been said over it).
    """

    limit: int | None = None
    timeout: float | None = None
    write: Callable[[list[bytes]], None] = lambda lines: None
    live: Callable[[progress.Progress], None] = lambda seen: None
    starting: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Outcome:
    """How a run ended: `finished`, `limit`, `timeout` or `interrupted`."""

    ended: str
    progress: progress.Progress
    seconds: float


def run(pipeline: Pipeline, options: Options, folders: list[Path]) -> Outcome:
    """Run until the job ends, the limit, the timeout or Ctrl-C. `folders` are where user modules are looked for.

    Raises RunError with the cause of a failure.
    """
    options.starting()
    for connector in pipeline.connectors():
        if connector.file_system:
            raise RunError(
                f"the job needs a file system for {connector.file_system}://",
                found="a run on this machine, whose Flink has none",
                allowed="local paths",
                do="set another path for this run (--set), or submit the job to a cluster that has such a file system",
            )
        connector.preflight()
    log_dir = new_log_dir(pipeline.name)
    importable(folders)
    with (
        tempfile.TemporaryDirectory(prefix="penstock-", ignore_cleanup_errors=True) as scratch,
        Pipe(Path(scratch) / "rows") as pipe,
    ):
        jvm.prepare(pipeline.jars(), log_dir)
        options.starting()
        reporter = Path(scratch) / "progress.json"
        started = time.monotonic()
        with failures(log_dir), python_output(log_dir):
            env = jvm.environment(
                {**local_options(pipeline.configuration(), reporter), "penstock.console.to": str(pipe.path)}
            )
            try:
                job = pipeline.compose(env).execute().get_job_client()
                ended = _watch(job, pipe, options, pipeline, reporter)
            finally:
                jvm.quiet_exit()
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
    """A folder for one run's log; the hundred before it are kept."""
    logs = cache_dir() / "logs"
    here = logs / f"{name}-{datetime.now():%Y%m%d-%H%M%S}-{os.getpid()}"
    with contextlib.suppress(OSError):
        import shutil

        for old in sorted(logs.iterdir(), key=lambda path: path.stat().st_mtime)[:-100]:
            shutil.rmtree(old, ignore_errors=True)
    return here


@contextlib.contextmanager
def python_output(log_dir: Path) -> Iterator[None]:
    """What a user's functions (and Beam) print goes to the log: standard output holds rows."""
    with (
        (log_dir / "python.log").open("a", encoding="utf-8") as log,
        contextlib.redirect_stdout(log),
        contextlib.redirect_stderr(log),
    ):
        yield


@contextlib.contextmanager
def failures(log_dir: Path) -> Iterator[None]:
    """Turn what PyFlink and Java raise into one RunError."""
    try:
        yield
    except (KeyboardInterrupt, RunError):
        raise
    except Exception as problem:
        raise RunError(f"{cause(problem, log_dir)}\n  log  {log_dir}") from problem


def _watch(job: Any, pipe: Pipe, options: Options, pipeline: Pipeline, reporter: Path) -> str:
    """Pass rows on until the job ends or is to stop; how it ended."""
    result = job.get_job_execution_result()
    deadline = time.monotonic() + options.timeout if options.timeout else None
    rows, shown = 0, time.monotonic()
    with _asked_to_stop() as asked:
        while True:
            if asked:
                return _stop(job, result, pipeline, reporter.parent, "interrupted")
            done = result.done()
            lines = pipe.lines(0 if done else _TICK)
            if options.limit is not None:
                lines = lines[: options.limit - rows]
            rows += len(lines)
            options.write(lines)
            if options.limit is not None and rows >= options.limit:
                return _stop(job, result, pipeline, reporter.parent, "limit")
            if done and not lines:
                result.result()
                return "finished"
            now = time.monotonic()
            if deadline and now > deadline:
                return _stop(job, result, pipeline, reporter.parent, "timeout")
            if now - shown > 0.5:
                options.live(progress.read(reporter, pipeline))
                shown = now


@contextlib.contextmanager
def _asked_to_stop() -> Iterator[list[int]]:
    """A list that fills on Ctrl-C (or SIGTERM), so that no call into the JVM is broken off. A second Ctrl-C interrupts."""
    asked: list[int] = []

    def note(number: int, frame: object) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(job: Any, result: Any, pipeline: Pipeline, scratch: Path, why: str) -> str:
    """End the job. A cancelled one would leave its transactions open, and readers waiting for them."""
    if any(sink.transactional for sink in pipeline.sinks()):
        with contextlib.suppress(Exception):
            stopping = job.stop_with_savepoint(False, (scratch / "savepoint").as_uri())
            if _within(stopping.done, _STOP_WAIT) and _within(result.done, _STOP_WAIT):
                return why
    with contextlib.suppress(Exception):
        job.cancel().result()
        _within(result.done, _STOP_WAIT)
    return why


def _within(done: Callable[[], bool], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while not done() and time.monotonic() < until:
        time.sleep(_TICK)
    return done()


def _last(reporter: Path, pipeline: Pipeline) -> progress.Progress:
    """The final counts: the reporter writes them as the mini-cluster goes down."""
    _within(lambda: progress.read(reporter, pipeline).final, _FINAL_WAIT)
    return progress.read(reporter, pipeline)
