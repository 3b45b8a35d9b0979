"""The last line of a terminal, which is written again in place."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from typing import IO

TICK = 1.0
_CLEAR = "\r\x1b[K"


class LiveLine:
    """A line on standard error that is written again every `tick` seconds while it is shown, cut to the width of the terminal.

    Hold `lock` to write other lines after `clear`.
    """

    def __init__(self, err: IO[str], tick: float = TICK) -> None:
        self._err, self._tick = err, tick
        self.lock = threading.RLock()
        self._text: Callable[[], str] | None = None
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def show(self, text: Callable[[], str]) -> None:
        """Show the line instead of the one before. `text` returns it at each tick."""
        with self.lock:
            self._text = text
            self._write()
            if not self._thread:
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()

    def clear(self) -> None:
        """Remove the line."""
        with self.lock:
            if self._text:
                self._err.write(_CLEAR)
                self._err.flush()
                self._text = None

    def close(self) -> None:
        """Remove the line, and write none again."""
        self._closed.set()
        self.clear()

    def _run(self) -> None:
        while not self._closed.wait(self._tick):
            with self.lock:
                self._write()

    def _write(self) -> None:
        if self._text:
            width = shutil.get_terminal_size().columns
            self._err.write(f"{_CLEAR}{self._text()[: width - 1]}")
            self._err.flush()
