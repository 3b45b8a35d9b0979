"""Background processes that outlive the command, identified by id and start time, because the system reuses ids."""

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
"""The tolerance for start times in seconds, because a change of the system clock shifts them."""


@dataclass(frozen=True)
class Process:
    """A process that Penstock started."""

    pid: int
    started: float
    """The start time in seconds since 1970; 0 if the process ended before its start time could be read."""

    @property
    def alive(self) -> bool:
        """Whether this process still runs."""
        return bool(self.started) and abs(_start_time(self.pid) - self.started) < _CLOCK

    def stop(self, patience: float = 20, sign: int = signal.SIGTERM) -> bool:
        """Terminate the process with the signal `sign`, and all processes of its session, and wait for their end. A process that ignores
        the signal is killed. Returns whether it was running."""
        was_running = self.alive
        if was_running:
            self._signal(sign, patience)
        # Child processes belong to its session, also those that a killed TaskManager left running.
        if was_running or not _start_time(self.pid):
            children = _session(self.pid)
            for child in children:
                with contextlib.suppress(psutil.Error):
                    child.kill()
            psutil.wait_procs(children, timeout=5)
            self._signal(signal.SIGKILL, 5)
        return was_running

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
    """Return when a process started, in seconds since 1970; 0 if it does not exist or is a zombie."""
    try:
        process = psutil.Process(pid)
        return 0 if process.status() == psutil.STATUS_ZOMBIE else float(process.create_time())
    except psutil.Error:
        return 0


def _session(leader: int) -> list[psutil.Process]:
    """Return the processes of a session. The system does not reuse the id of its leader while the session exists."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(OSError, psutil.Error):
            if os.getsid(process.pid) == leader and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def spawn(
    command: Sequence[str | Path], log: Path, environ: Mapping[str, str], folder: Path, owner: tuple[int, int] | None = None
) -> Process:  # fmt: skip
    """Start a process in a new session, with its output in `log`, as another user and group if root names an `owner`."""
    user, group = owner or (None, None)
    with log.open("ab") as out:
        started = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=dict(environ),
            cwd=folder if owner is None else "/",
            user=user,
            group=group,
        )
    return Process(started.pid, _start_time(started.pid))


def free_port(wanted: int = 0) -> int:
    """Return `wanted` if it is free on the loopback address, otherwise another free port."""
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
    """Whether a program accepts connections on this port of the loopback address."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
