"""What is said on standard error while jars are fetched: their number, names and sizes."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

_LIVE_SECONDS = 0.2


class Fetching:
    """A line for a jar with its size; for several a first and a last one. On a terminal the one at hand is shown in place."""

    def __init__(self, name: str, count: int) -> None:
        self._name, self._count = name, count
        self._files, self._bytes = 0, 0
        self._err = sys.stderr
        self._live = self._err.isatty()
        self._shown = 0.0

    def __enter__(self) -> Fetching:
        if self._count > 1:
            self._say(f"fetching {self._count} jars ({self._name})")
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None and self._count > 1:
            self._say(f"fetched {self._files} jars, {_size(self._bytes)}")

    @contextlib.contextmanager
    def file(self, name: str, size: int) -> Iterator[Callable[[int], None]]:
        """Called by jgo for a file that begins to arrive; what it returns is called with the number of bytes of each part."""
        if not name.endswith(".jar"):  # a pom or a checksum
            yield lambda count: None
            return
        self._files += 1
        if self._count == 1:
            self._say(f"fetching {name} ({_size(size)})")
        arrived = 0

        def part(count: int) -> None:
            nonlocal arrived
            arrived += count
            self._show(f"{self._files} of {self._count}: {name}, {_size(arrived)} of {_size(size)}")

        yield part
        self._bytes += arrived
        self._clear()

    def _say(self, text: str) -> None:
        self._clear()
        self._err.write(text + "\n")
        self._err.flush()

    def _show(self, text: str) -> None:
        now = time.monotonic()
        if self._live and now - self._shown > _LIVE_SECONDS:
            self._clear()
            self._err.write(f"  {text}"[:79])
            self._err.flush()
            self._shown = now

    def _clear(self) -> None:
        if self._live:
            self._err.write("\r\x1b[K")


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"
