"""Reports on standard error which jars are downloaded, with their number and sizes."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

from penstock.connectors.config.terminals import fancy

_LIVE_SECONDS = 0.2


class Fetching:
    """Reports the download of `count` jars, to which `name` refers in the jar lock.

    Prints one line for one jar; for several jars, a first line and a last line. On a terminal the progress of the current jar is shown
    in place.
    """

    def __init__(self, name: str, count: int) -> None:
        self._name, self._count = name, count
        self._files, self._bytes = 0, 0
        self._err = sys.stderr
        self._live = fancy(self._err)
        self._shown = 0.0

    def __enter__(self) -> Fetching:
        if self._count > 1:
            self._print(f"fetching {self._count} jars ({self._name})")
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None and self._count > 1:
            self._print(f"fetched {self._files} jars, {_size(self._bytes)}")

    @contextlib.contextmanager
    def file(self, name: str, size: int) -> Iterator[Callable[[int], None]]:
        """Progress callback of jgo for the download of one file of `size` bytes.

        Yields a function to call with the number of bytes of each chunk.
        """
        if not name.endswith(".jar"):  # a pom or a checksum
            yield lambda count: None
            return
        self._files += 1
        if self._count == 1:
            self._print(f"fetching {name} ({_size(size)})")
        received = 0

        def chunk(count: int) -> None:
            nonlocal received
            received += count
            self._show(f"{self._files} of {self._count}: {name}, {_size(received)} of {_size(size)}")

        yield chunk
        self._bytes += received
        self._clear()

    def _print(self, text: str) -> None:
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
