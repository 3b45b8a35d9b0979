"""A named pipe from the JVM's console sink to this process."""

from __future__ import annotations

import os
import select
from pathlib import Path

_CHUNK = 1 << 18


class Pipe:
    """Whole lines, without threads: `with Pipe(path) as pipe: pipe.lines(0.1)`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._rest = b""
        self._fd = -1

    def __enter__(self) -> Pipe:
        os.mkfifo(self.path, 0o600)
        # Non-blocking: open returns although no writer is there yet. The second, writing end keeps the pipe from
        # reporting its end whenever no writer is there at the moment.
        self._fd = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
        self._keep = os.open(self.path, os.O_WRONLY | os.O_NONBLOCK)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)
        os.close(self._keep)

    def lines(self, wait: float) -> list[bytes]:
        """The lines that have come; waits up to `wait` seconds for the first."""
        if not select.select([self._fd], [], [], wait)[0]:
            return []
        data = self._rest + os.read(self._fd, _CHUNK)
        *lines, self._rest = data.split(b"\n")
        return lines
