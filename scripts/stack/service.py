"""One background program of a stack, with its state file and its log."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from penstock.connectors.config.problems import RunError
from penstock.scripts.stack.processes import Process, spawn


@dataclass(frozen=True)
class _State:
    pid: int
    started: float
    port: int


class Service:
    """The program `name` of the stack in `folder`."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name = folder.absolute(), name
        self.log = self.folder / f"{name}.log"
        self._file = self.folder / f"{name}.json"

    def _state(self) -> _State | None:
        try:
            state = _State(**json.loads(self._file.read_text(encoding="utf-8")))
            return replace(state, started=float(state.started))
        except (OSError, ValueError, TypeError):
            return None

    @property
    def process(self) -> Process | None:
        """Return the process of the last start, running or not."""
        state = self._state()
        return Process(state.pid, state.started) if state else None

    @property
    def alive(self) -> bool:
        """Whether the program runs."""
        process = self.process
        return bool(process and process.alive)

    @property
    def port(self) -> int | None:
        """Return the port of the running program; None if it does not run."""
        state = self._state()
        return state.port if state and Process(state.pid, state.started).alive else None

    def make_folder(self) -> None:
        """Create the folder. Raises RunError if it is not writable."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.log.touch()
        except OSError as problem:
            head = f"stack: cannot write into {self.folder}: {problem.strerror}"
            raise RunError(head, do="choose another --folder, or change its permissions") from None

    def start(
        self, command: Sequence[str | Path], environ: Mapping[str, str], port: int = 0, owner: tuple[int, int] | None = None
    ) -> Process:  # fmt: skip
        """Start the program in the background with an empty log, as another user and group if root names an `owner`."""
        self.make_folder()
        self.log.write_bytes(b"")
        process = spawn(command, self.log, environ, self.folder, owner)
        self._file.write_text(json.dumps(asdict(_State(process.pid, process.started, port))), encoding="utf-8")
        return process

    def tail(self, most: int = 1500) -> str:
        """Return the end of the log."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-most:] if self.log.exists() else ""

    def kill(self) -> None:
        """Kill the program, like a crash."""
        process = self.process
        if process and process.alive:
            os.kill(process.pid, signal.SIGKILL)
            while process.alive:
                time.sleep(0.01)

    def stop(self, sign: int = signal.SIGTERM) -> bool:
        """Stop the program with a signal, and its child processes. Returns whether it was running."""
        process = self.process
        was_running = process.stop(sign=sign) if process else False
        self._file.unlink(missing_ok=True)
        return was_running
