"""Background processes that outlive the command, known by id and start time: an id alone may be another's by now."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

_CLOCK = 2.0
"""By so many seconds a start time may differ from itself, when the machine's clock is set."""


@dataclass(frozen=True)
class Process:
    """A process that we started."""

    pid: int
    started: float
    """Seconds since 1970; 0 where it had ended before it could be asked."""

    @property
    def alive(self) -> bool:
        """Whether that very process still runs."""
        return bool(self.started) and abs(_start_time(self.pid) - self.started) < _CLOCK

    def stop(self, patience: float = 20) -> bool:
        """End it and all that it started, and wait: asked first, killed when it does not listen. Whether it was running."""
        was = self.alive
        if was:
            self._signal(signal.SIGTERM, patience)
        # What it started has its session: also what a killed TaskManager left behind.
        if was or not _start_time(self.pid):
            children = _session(self.pid)
            for child in children:
                with contextlib.suppress(psutil.Error):
                    child.kill()
            psutil.wait_procs(children, timeout=5)
            self._signal(signal.SIGKILL, 5)
        return was

    def _signal(self, sign: int, patience: float) -> None:
        if not self.alive:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, sign)
        until = time.monotonic() + patience
        while time.monotonic() < until and self.alive:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self.pid, os.WNOHANG)
            time.sleep(0.05)


def _start_time(pid: int) -> float:
    """When a process started, in seconds since 1970; 0 when there is none (or it is a zombie)."""
    try:
        process = psutil.Process(pid)
        return 0 if process.status() == psutil.STATUS_ZOMBIE else float(process.create_time())
    except psutil.Error:
        return 0


def _session(leader: int) -> list[psutil.Process]:
    """The processes of a session whose leader we started. The system gives no id anew while a session bears it."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(OSError, psutil.Error):
            if os.getsid(process.pid) == leader and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def spawn(command: Sequence[str | Path], log: Path, environ: Mapping[str, str], folder: Path) -> Process:
    """Start a process of its own session, its output in `log`."""
    with log.open("ab") as out:
        started = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=dict(environ),
            cwd=folder,
        )
    return Process(started.pid, _start_time(started.pid))


def free_port(wanted: int = 0) -> int:
    """`wanted` when it is free on the loopback address, else another that is."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port")


def listening(port: int) -> bool:
    """Whether something accepts connections there."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
