"""The output of a local run: rows on standard output as JSON Lines or a table, progress on standard error."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, BinaryIO, TextIO

from penstock.connectors.config.terminals import fancy
from penstock.connectors.config.texts import shortened
from penstock.scripts.console.live_line import LiveLine
from penstock.scripts.console.words import elapsed

if TYPE_CHECKING:
    from penstock.connectors.config.columns import Columns
    from penstock.scripts.local.progress import Progress

STARTING = "starting Flink ..."
_TABLE_ROWS = 50
_WIDEST = 60
_RATE_SAMPLES = 8
_WORTH_TELLING = 2.0
"""Seconds after which a step shows for how long it has lasted."""


class Writer:
    """Write rows as they arrive, once `columns` is set. The first batch determines the column widths of a table."""

    columns: Columns

    def __init__(self, out: BinaryIO, err: TextIO, style: str, quiet: bool) -> None:
        self._out, self._err = out, err
        self._table, self._quiet = style == "table", quiet
        self._waiting: list[bytes] = []
        self._widths: list[int] | None = None
        self._samples: list[tuple[float, int]] = []
        self._live = not quiet and fancy(err)
        self._line = LiveLine(err)

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self._flush_table(True)
        self._line.close()

    def rows(self, lines: list[bytes]) -> None:
        """Write encoded rows. In a changelog each row begins with + or -."""
        if not lines:
            self._flush_table(False)
            return
        if self.columns.changelog:
            lines = self._current(lines)
        self._line.clear()
        if self._table:
            self._waiting += lines
            self._flush_table(len(self._waiting) >= _TABLE_ROWS)
        elif lines:
            self._out.write(b"\n".join(lines) + b"\n")
            self._out.flush()

    def _current(self, lines: list[bytes]) -> list[bytes]:
        deleted = [line[1:] for line in lines if line[:1] == b"-"]
        for line in deleted:
            self._err.write(f"deleted: {line.decode(errors='replace')}\n")
        return [line[1:] for line in lines if line[:1] == b"+"]

    def say(self, text: str) -> None:
        """Show what takes a while and, after two seconds, for how long, where a terminal can; rows or the progress line replace it."""
        begun = time.monotonic()

        def shown() -> str:
            passed = time.monotonic() - begun
            return f"{text} {elapsed(passed)}" if passed >= _WORTH_TELLING else text

        if self._live:
            self._line.show(shown)

    def live(self, seen: Progress) -> None:
        """Update the progress line if standard error is a terminal."""
        now = time.monotonic()
        if not self._live:
            return
        self._samples = [*self._samples[-_RATE_SAMPLES:], (now, seen.rows_in)]
        since, rows = self._samples[0]
        rate = f", {(seen.rows_in - rows) / (now - since):,.0f} rows/s" if now > since else ""
        text = f"{seen.text()}{rate}"
        self._line.show(lambda: text)

    def warn(self, text: str) -> None:
        """Write a line that `--quiet` does not hide."""
        with self._line.lock:
            self._line.clear()
            self._err.write(f"{text}\n")

    def summary(self, text: str) -> None:
        """Write the final line."""
        self._flush_table(True)
        self._line.clear()
        if not self._quiet:
            self._err.write(text + "\n")

    def _flush_table(self, now: bool) -> None:
        if not self._waiting or not (now or self._widths):
            return
        names = list(self.columns.types)
        cells = [[_cell(row.get(name)) for name in names] for row in map(json.loads, self._waiting)]
        self._waiting = []
        if self._widths is None:
            self._widths = [min(_WIDEST, max(len(row[i]) for row in [names, *cells])) for i in range(len(names))]
            self._write_line(names)
            self._write_line(["-" * width for width in self._widths])
        for row in cells:
            self._write_line(row)
        self._out.flush()

    def _write_line(self, cells: list[str]) -> None:
        text = "  ".join(cell.ljust(width) for cell, width in zip(cells, self._widths or [], strict=True)).rstrip()
        self._out.write(text.encode() + b"\n")


def _cell(value: object) -> str:
    if value is None:
        return "NULL"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return shortened(text, _WIDEST)
