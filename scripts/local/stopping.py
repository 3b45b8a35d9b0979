"""Stop a local run with a savepoint, so that every row that was read is written and committed."""

from __future__ import annotations

import contextlib
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from penstock.scripts.flink.failure import cause
from penstock.scripts.local.pipe import Pipe

TICK = 0.05
_STOP_WAIT = 60.0
_START_WAIT = 10.0
_ATTEMPTS = 3


class Rows:
    """Pass on the rows of the console sink, at most `limit` of them."""

    def __init__(self, pipe: Pipe, limit: int | None, write: Callable[[list[bytes]], None]) -> None:
        self._pipe, self._limit, self._write = pipe, limit, write
        self._shown = self.left_out = 0

    @property
    def limit_reached(self) -> bool:
        return self._limit is not None and self._shown >= self._limit

    def take(self, wait: float) -> bool:
        """Pass on the rows that arrive within `wait` seconds. Returns whether any row arrived."""
        lines = self._pipe.lines(wait)
        shown = lines if self._limit is None else lines[: self._limit - self._shown]
        self._shown += len(shown)
        self.left_out += len(lines) - len(shown)
        self._write(shown)
        return bool(lines)

    def drain(self) -> None:
        """Pass on all rows in the pipe."""
        while self.take(0):
            pass


@contextlib.contextmanager
def asked_to_stop() -> Iterator[list[int]]:
    """Yield a list that receives the signal number on Ctrl-C or SIGTERM, so that no call into the JVM is interrupted. A second signal
    interrupts."""
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


def stop(job: Any, result: Any, rows: Rows, savepoint: Path, restart: Callable[[str], Any]) -> str:
    """Stop the job with a savepoint, so that every row that was read is written and committed. If that fails, cancel the job.

    Returns the reason for the cancellation, or an empty text. Rows are passed on during the stop, because a sink that waits for space in
    the pipe would block the savepoint. `restart` starts the job from a savepoint and returns its PyFlink job client.

    Flink fails a job when its source receives work, such as the next file, right after the savepoint. The savepoint then holds what
    was read, but some of it is not committed. A job that is restored from the savepoint commits it, and is stopped again.
    """
    for attempt in range(_ATTEMPTS):
        if problem := _with_savepoint(job, result, rows, savepoint):
            _cancel(job, result, rows)
            return problem
        rows.drain()
        try:
            result.result()
            return ""
        except Exception as failure:
            path = _failed_after(str(failure))
            if not path or attempt == _ATTEMPTS - 1:
                raise
        job = restart(path)
        result = job.get_job_execution_result()
    raise AssertionError("the last attempt returns or raises")


def _failed_after(failure: str) -> str:
    """The savepoint of a job that failed after it; empty for every other failure."""
    found = re.search(
        r"A savepoint has been created at: (\S+), but the corresponding job \w+ failed during stopping", failure
    )
    return found[1] if found else ""


def _cancel(job: Any, result: Any, rows: Rows) -> None:
    with contextlib.suppress(Exception):  # the job may have ended in the meantime
        job.cancel()
    until = time.monotonic() + _STOP_WAIT
    while not result.done() and time.monotonic() < until:
        rows.take(TICK)
    rows.drain()


def _with_savepoint(job: Any, result: Any, rows: Rows, savepoint: Path) -> str:
    """Return the reason for a failure, or an empty text. The request is repeated while the tasks of the job are starting."""
    from pyflink.java_gateway import get_gateway

    kind = get_gateway().jvm.org.apache.flink.core.execution.SavepointFormatType.NATIVE
    started = time.monotonic()
    while True:
        # `stop_with_savepoint` of PyFlink 2.3 passes two arguments, but Flink's method requires three.
        asked = job._j_job_client.stopWithSavepoint(False, savepoint.as_uri(), kind)
        while not (asked.isDone() or result.done()):
            rows.take(TICK)
            if time.monotonic() - started > _STOP_WAIT:
                return f"the savepoint was not complete after {_STOP_WAIT:g} s"
        if result.done() or not asked.isCompletedExceptionally():
            until = time.monotonic() + _STOP_WAIT
            while not result.done():
                rows.take(TICK)
                if time.monotonic() > until:
                    return f"the job had not ended {_STOP_WAIT:g} s after its savepoint"
            return ""
        try:
            asked.get()
        except Exception as problem:
            if time.monotonic() - started > _START_WAIT:
                return cause(problem).head
        rows.take(10 * TICK)
