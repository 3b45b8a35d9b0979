"""A named pipe from the console sink in the JVM to this process."""

from __future__ import annotations

import os
import select
from pathlib import Path

_CHUNK = 1 << 18


class Pipe:
    """Read complete lines without threads: `with Pipe(path) as pipe: pipe.lines(0.1)`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._rest = b""
        self._fd = -1

    def __enter__(self) -> Pipe:
        os.mkfifo(self.path, 0o600)
        # O_NONBLOCK: open returns although no writer exists yet. The second, writing descriptor prevents an end of file while no other
        # writer exists.
        self._fd = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
        self._keep = os.open(self.path, os.O_WRONLY | os.O_NONBLOCK)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)
        os.close(self._keep)

    def lines(self, wait: float) -> list[bytes]:
        """Return the complete lines so far. Waits up to `wait` seconds for data."""
        if not select.select([self._fd], [], [], wait)[0]:
            return []
        data = self._rest + os.read(self._fd, _CHUNK)
        *lines, self._rest = data.split(b"\n")
        return lines
