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
_FINAL_WAIT = 30.0
_STOP_WAIT = 60.0
_START_WAIT = 10.0
_STARTING, _STOPPING = "starting Flink ...", "stopping with a savepoint (Ctrl-C again to stop at once) ..."


@dataclass(frozen=True)
class Options:
    """How to run: stop after `limit` rows or `timeout` seconds. `write` receives lines of rows, `live` the progress so far.

    `say` is told what takes a while: that Flink is being started (said again when jars were fetched, which may be said over it), and that
    the job is being stopped.
    """

    limit: int | None = None
    timeout: float | None = None
    write: Callable[[list[bytes]], None] = lambda lines: None
    live: Callable[[progress.Progress], None] = lambda seen: None
    say: Callable[[str], None] = lambda text: None


@dataclass(frozen=True)
class Outcome:
    """How a run ended: `finished`, `limit`, `timeout` or `interrupted`; the final counts; and how many console rows `limit` left out.

    `cancelled` is empty where every counted row is written and committed. Otherwise it says why the job could not be stopped with a
    savepoint: rows since its last checkpoint are then neither committed nor visible."""

    ended: str
    progress: progress.Progress
    seconds: float
    left_out: int = 0
    cancelled: str = ""


def run(pipeline: Pipeline, options: Options, folders: list[Path]) -> Outcome:
    """Run until the job ends, the limit, the timeout or Ctrl-C. `folders` are where user modules are looked for.

    Raises RunError with the cause of a failure.
    """
    options.say(_STARTING)
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
        options.say(_STARTING)
        reporter = Path(scratch) / "progress.json"
        started = time.monotonic()
        own = {**local_options(pipeline.configuration(), reporter), "penstock.console.to": str(pipe.path)}
        with failures(log_dir), python_output(log_dir), _asked_to_stop() as asked:
            try:
                statements = pipeline.compose(jvm.environment(own))
                if asked:
                    raise KeyboardInterrupt
                job = statements.execute().get_job_client()
                rows = _Rows(pipe, options)
                ended, cancelled = _watch(job, rows, options, asked, lambda: progress.read(reporter, pipeline))
            finally:
                jvm.quiet_exit()
        seen = _last(reporter, pipeline)
        return Outcome(ended, seen, time.monotonic() - started, rows.left_out, cancelled)


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


class _Rows:
    """Passes the console's rows on, at most `limit` of them."""

    def __init__(self, pipe: Pipe, options: Options) -> None:
        self._pipe, self._options = pipe, options
        self._shown = self.left_out = 0

    @property
    def limit_reached(self) -> bool:
        return self._options.limit is not None and self._shown >= self._options.limit

    def take(self, wait: float) -> bool:
        """Pass on what has come, after at most `wait` seconds. Whether something had come."""
        lines = self._pipe.lines(wait)
        limit = self._options.limit
        shown = lines if limit is None else lines[: limit - self._shown]
        self._shown += len(shown)
        self.left_out += len(lines) - len(shown)
        self._options.write(shown)
        return bool(lines)

    def drain(self) -> None:
        """Pass on everything that is in the pipe."""
        while self.take(0):
            pass


def _watch(
    job: Any, rows: _Rows, options: Options, asked: list[int], seen: Callable[[], progress.Progress]
) -> tuple[str, str]:
    """Pass rows on until the job ends or is to be stopped; how it ended, and why it was cancelled where it was."""
    result = job.get_job_execution_result()
    deadline = time.monotonic() + options.timeout if options.timeout else None
    shown = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="penstock-") as savepoint:
        while True:
            done = result.done()
            came = rows.take(0 if done else _TICK)
            if done and not came:
                result.result()
                return "finished", ""
            now = time.monotonic()
            late = deadline is not None and now > deadline
            if ended := "interrupted" if asked else "limit" if rows.limit_reached else "timeout" if late else "":
                options.say(_STOPPING)
                return ended, _stop(job, result, rows, Path(savepoint))
            if now - shown > 0.5:
                options.live(seen())
                shown = now


@contextlib.contextmanager
def _asked_to_stop() -> Iterator[list[int]]:
    """A list that fills on Ctrl-C (or SIGTERM), so that no call into the JVM is interrupted. A second Ctrl-C interrupts."""
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


def _stop(job: Any, result: Any, rows: _Rows, savepoint: Path) -> str:
    """End the job with a savepoint, so that every row that was read is written and committed; else cancel it. Why it was cancelled.

    Rows are passed on meanwhile: a sink that waits for room in the pipe would hold the savepoint up.
    """
    problem = _stop_with_savepoint(job, result, rows, savepoint)
    if problem:
        with contextlib.suppress(Exception):  # it may have ended in this very instant
            job.cancel()
        _within(lambda: rows.take(_TICK) or result.done(), _STOP_WAIT)
    else:
        result.result()
    rows.drain()
    return problem


def _stop_with_savepoint(job: Any, result: Any, rows: _Rows, savepoint: Path) -> str:
    """Why it did not work; nothing where it did. A job whose tasks are still being started is asked again."""
    from pyflink.java_gateway import get_gateway

    kind = get_gateway().jvm.org.apache.flink.core.execution.SavepointFormatType.NATIVE
    started = time.monotonic()
    while True:
        # PyFlink 2.3 has no third argument for its own `stop_with_savepoint`, and Flink no method with two.
        asked = job._j_job_client.stopWithSavepoint(False, savepoint.as_uri(), kind)
        while not (asked.isDone() or result.done()):
            rows.take(_TICK)
            if time.monotonic() - started > _STOP_WAIT:
                return f"the savepoint was not complete after {_STOP_WAIT:g} s"
        if result.done() or not asked.isCompletedExceptionally():
            until = time.monotonic() + _STOP_WAIT
            while not result.done():
                rows.take(_TICK)
                if time.monotonic() > until:
                    return f"the job had not ended {_STOP_WAIT:g} s after its savepoint"
            return ""
        try:
            asked.get()
        except Exception as problem:
            if time.monotonic() - started > _START_WAIT:
                return str(cause(problem)).splitlines()[0]
        rows.take(10 * _TICK)


def _within(done: Callable[[], bool], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while not done() and time.monotonic() < until:
        time.sleep(_TICK)
    return done()


def _last(reporter: Path, pipeline: Pipeline) -> progress.Progress:
    """The final counts: the reporter writes them as the mini-cluster goes down."""
    _within(lambda: progress.read(reporter, pipeline).final, _FINAL_WAIT)
    return progress.read(reporter, pipeline)
