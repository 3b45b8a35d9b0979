"""Run one pipeline in a mini-cluster: pass on its rows and its progress, and report the cause of a failure."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from penstock.connectors.config.problems import Problem, RunError
from penstock.connectors.kafka.security import java_options
from penstock.connectors.runtime.home import cache_dir
from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.jobs.pipeline.preflight import preflight
from penstock.scripts.config.user_code import importable
from penstock.scripts.flink.failure import cause
from penstock.scripts.jvm import gateway
from penstock.scripts.local import progress
from penstock.scripts.local.output import STARTING
from penstock.scripts.local.pipe import Pipe
from penstock.scripts.local.stopping import TICK, Rows, asked_to_stop, stop

_FINAL_WAIT = 30.0
_STOPPING = "stopping with a savepoint (Ctrl-C again to stop at once) ..."


@dataclass(frozen=True)
class Options:
    """How to run: stop after `limit` rows or `timeout` seconds. `write` receives lines of rows, `live` the progress so far.

    `say` receives a message before each slow step: the start of Flink (again after jars were downloaded, because their messages replace it)
    and the stop of the job.
    """

    limit: int | None = None
    timeout: float | None = None
    write: Callable[[list[bytes]], None] = lambda lines: None
    live: Callable[[progress.Progress], None] = lambda seen: None
    say: Callable[[str], None] = lambda text: None


@dataclass(frozen=True)
class Outcome:
    """How a run ended (`finished`, `limit`, `timeout` or `interrupted`), the final counts, and the number of console rows beyond `limit`.

    `cancelled` is empty if every counted row is written and committed. Otherwise it is the reason why the job could not be stopped with a
    savepoint; then rows since the last checkpoint are neither committed nor visible."""

    ended: str
    progress: progress.Progress
    seconds: float
    left_out: int = 0
    cancelled: str = ""


def run(pipeline: Pipeline, options: Options, folders: list[Path]) -> Outcome:
    """Run until the job ends, or until the limit, the timeout or Ctrl-C. User modules are searched in `folders`.

    Raises RunError with the cause of a failure.
    """
    for connector in pipeline.connectors():
        if connector.file_system:
            raise RunError(
                f"the job needs a file system for {connector.file_system}://",
                found=f"a run on this machine, where Flink has no file system for {connector.file_system}://",
                allowed="local paths",
                do="set another path for this run (--set), or submit the job to a cluster that has such a file system",
            )
    preflight(pipeline)
    log_dir = new_log_dir(pipeline.name)
    importable(folders)
    with (
        tempfile.TemporaryDirectory(prefix="penstock-", ignore_cleanup_errors=True) as scratch,
        Pipe(Path(scratch) / "rows") as pipe,
    ):
        gateway.prepare(pipeline.jars(), log_dir, java_options(pipeline.token_urls()))
        options.say(STARTING)
        reporter = Path(scratch) / "progress.json"
        started = time.monotonic()
        own = {**local_options(pipeline.configuration(), reporter), "penstock.console.to": str(pipe.path)}
        with failures(log_dir), python_output(log_dir), asked_to_stop() as asked:
            try:
                statements = _composed(pipeline, own)
                if asked:
                    raise KeyboardInterrupt
                job = statements.execute().get_job_client()
                rows = Rows(pipe, options.limit, options.write)

                def restart(savepoint: str) -> Any:
                    reporter.unlink(missing_ok=True)  # the restored job has the counts of the failed one in its state
                    restored = {**own, "execution.state-recovery.path": savepoint}
                    return _composed(pipeline, restored).execute().get_job_client()

                ended, cancelled = _watch(job, rows, options, asked, lambda: progress.read(reporter, pipeline), restart)
            finally:
                gateway.quiet_exit()
        seen = _last(reporter, pipeline)
        return Outcome(ended, seen, time.monotonic() - started, rows.left_out, cancelled)


def _composed(pipeline: Pipeline, options: dict[str, str]) -> Any:
    """Return the whole job, which is not started yet."""
    env = gateway.environment(options, bool(pipeline.user_functions()))
    statements = pipeline.compose(env, local=True)
    # With uids, which contain numbers that differ each time that a job is planned in the same JVM, a job could not be restored.
    env.get_config().set("table.exec.uid.generation", "DISABLED")
    return statements


def local_options(own: dict[str, str], reporter: Path) -> dict[str, str]:
    """Return the options of the job and those that a local run adds. A failure ends the run at once, without restarts."""
    return {
        **own,
        "restart-strategy.type": "none",
        **gateway.LOOPBACK,
        "metrics.reporter.penstock.factory.class": "penstock.ProgressReporter",
        "metrics.reporter.penstock.interval": "500 ms",
        "metrics.reporter.penstock.path": str(reporter),
        "taskmanager.numberOfTaskSlots": own["parallelism.default"],
    }


def new_log_dir(name: str) -> Path:
    """Return a folder for the log of one run. The folders of the last hundred runs, and of runs that have not ended, are kept."""
    logs = cache_dir() / "logs"
    folder = logs / f"{name}-{datetime.now():%Y%m%d-%H%M%S}-{os.getpid()}"
    with contextlib.suppress(OSError):
        import shutil

        for old in sorted(logs.iterdir(), key=lambda path: path.stat().st_mtime)[:-100]:
            if not _runs(old.name.rpartition("-")[2]):
                shutil.rmtree(old, ignore_errors=True)
    return folder


def _runs(pid: str) -> bool:
    """Whether the process runs whose number ends the name of a folder."""
    import psutil

    return pid.isdigit() and bool(psutil.pid_exists(int(pid)))


@contextlib.contextmanager
def python_output(log_dir: Path) -> Iterator[None]:
    """Redirect the output of user functions and Beam to the log, because standard output contains rows."""
    with (
        (log_dir / "python.log").open("a", encoding="utf-8") as log,
        contextlib.redirect_stdout(log),
        contextlib.redirect_stderr(log),
    ):
        yield


@contextlib.contextmanager
def failures(log_dir: Path) -> Iterator[None]:
    """Convert exceptions of PyFlink and Java into a RunError with the cause."""
    try:
        yield
    except (KeyboardInterrupt, RunError, Problem):
        raise
    except Exception as problem:
        raise cause(problem, log_dir).error(log_dir=log_dir) from problem


def _watch(
    job: Any,
    rows: Rows,
    options: Options,
    asked: list[int],
    seen: Callable[[], progress.Progress],
    restart: Callable[[str], Any],
) -> tuple[str, str]:
    """Pass rows on until the job ends or must be stopped. Return how it ended, and why it was cancelled (empty if it was not)."""
    result = job.get_job_execution_result()
    deadline = time.monotonic() + options.timeout if options.timeout else None
    shown = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="penstock-") as savepoint:
        while True:
            done = result.done()
            received = rows.take(0 if done else TICK)
            if done and not received:
                result.result()
                return "finished", ""
            now = time.monotonic()
            late = deadline is not None and now > deadline
            if ended := "interrupted" if asked else "limit" if rows.limit_reached else "timeout" if late else "":
                options.say(_STOPPING)
                return ended, stop(job, result, rows, Path(savepoint), restart)
            if now - shown > 0.5:
                options.live(seen())
                shown = now


def _within(done: Callable[[], bool], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while not done() and time.monotonic() < until:
        time.sleep(TICK)
    return done()


def _last(reporter: Path, pipeline: Pipeline) -> progress.Progress:
    """Return the final counts, which the reporter writes when the mini-cluster shuts down."""
    _within(lambda: progress.read(reporter, pipeline).final, _FINAL_WAIT)
    return progress.read(reporter, pipeline)
