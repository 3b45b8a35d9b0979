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


@dataclass(frozen=True)
class Process:
    """A process that we started."""

    pid: int
    started: str

    @property
    def alive(self) -> bool:
        """Whether that very process still runs."""
        return bool(self.started) and _start_time(self.pid) == self.started

    def stop(self, patience: float = 20) -> bool:
        """End it and all that it started, and wait: asked first, killed when it does not listen. Whether it was running."""
        was = self.alive
        if was:
            self._signal(signal.SIGTERM, patience)
        # What it started has its session: also what a killed TaskManager left behind.
        if was or not _start_time(self.pid):
            for child in _session(self.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
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


def _start_time(pid: int) -> str:
    """When a process started, as the system says it; empty when there is none (or it is a zombie)."""
    asked = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, when = asked.stdout.strip().partition(" ")
    return "" if state.startswith("Z") else when.strip()


def _session(leader: int) -> list[int]:
    """The processes of a session whose leader we started. The system gives no id anew while a session bears it."""
    asked = subprocess.run(["ps", "-eo", "sess=,pid=,stat="], capture_output=True, text=True, check=False)
    lines = [line.split() for line in asked.stdout.splitlines()]
    return [int(pid) for sess, pid, stat in lines if int(sess) == leader and not stat.startswith("Z")]


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
