"""Results on a terminal, shown by rich. Imported only when there is a terminal: `--help` and `validate` do not wait for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from penstock.scripts.console.console import Console, Show
from penstock.scripts.console.table import NOTHING, Column, Table
from penstock.scripts.console.wrapping import wrapped

if TYPE_CHECKING:
    from rich.console import RenderableType

_STYLES = {"good": "green", "warn": "yellow", "bad": "bold red", "": ""}
_GOOD = {"ok", "healthy", "running", "finished", "up", "ended"}
_WARN = {"warn", "stopped", "restarting", "canceled", "submitting", "created", "initializing"}
_BAD = {"bad", "failed", "lost", "unhealthy", "unknown", "down", "failing"}
_GAP = 2
_NARROWEST = 8


class Terminal(Console):
    """Colours, tables fitted to the width, and texts wrapped at words. In tables long words are folded: nothing is cut off."""

    def __init__(self, stream: IO[str], width: int | None = None, record: bool = False) -> None:
        from rich.console import Console as Rich

        self.rich = Rich(
            file=stream, width=width, record=record, highlight=False, markup=False, emoji=False,
            force_terminal=True, color_system="truecolor" if record else "auto", legacy_windows=False,
        )  # fmt: skip

    def line(self, text: str, meaning: str = "") -> None:
        self.rich.print(wrapped(text, self.rich.width), style=_STYLES[meaning] or None, soft_wrap=True)

    def table(self, table: Table) -> None:
        if not table.rows:
            self.line(table.empty)
            return
        for part in self._parts(table):
            self.rich.print(part)

    @contextmanager
    def refreshing(self) -> Iterator[Show]:
        from rich.console import Group
        from rich.live import Live
        from rich.text import Text

        def show(table: Table, lines: list[str]) -> None:
            parts = list(self._parts(table)) if table.rows else [Text(table.empty)]
            # The cursor waits on an empty line: `^C` behind a line that fills the width would move everything down by one.
            live.update(Group(*parts, Text("")), refresh=True)

        with Live(console=self.rich, auto_refresh=False) as live:
            yield show

    def _parts(self, table: Table) -> Iterator[RenderableType]:
        """The name, the header, and each row with its long texts below it, all with the same widths."""
        from rich.padding import Padding
        from rich.text import Text

        beside = [index for index, column in enumerate(table.columns) if not column.below]
        columns = [table.columns[index] for index in beside]
        rows = [[row[index] or NOTHING for index in beside] for row in table.rows]
        indent = 2 if table.name else 0
        widths = _widths(columns, rows, self.rich.width - indent, table.header)
        if table.name:
            yield Text(f"{table.name}:", style="bold")
        if table.header:
            titles = [Text(column.title, style="bold dim") for column in columns]
            yield Padding(_grid(columns, widths, titles), (0, 0, 0, indent))
        for row, cells in zip(table.rows, rows, strict=True):
            shown = [Text(text, style=_style(column, text)) for text, column in zip(cells, columns, strict=True)]
            yield Padding(_grid(columns, widths, shown), (0, 0, 0, indent))
            for text, column in zip(row, table.columns, strict=True):
                if column.below and text not in ("", NOTHING):
                    yield Padding(Text(f"{column.title} {text}", style="dim", overflow="fold"), (0, 0, 0, 4))


def _grid(columns: list[Column], widths: list[int], cells: Sequence[RenderableType]) -> RenderableType:
    """One row. Every row is a grid of its own, so that texts can be printed between rows."""
    from rich.table import Table as Grid

    grid = Grid.grid(padding=(0, _GAP, 0, 0), pad_edge=False)
    for column, width in zip(columns, widths, strict=True):
        grid.add_column(width=width, justify="right" if column.right else "left", overflow="fold")
    grid.add_row(*cells)
    return grid


def _widths(columns: list[Column], rows: list[list[str]], available: int, header: bool) -> list[int]:
    """As wide as the widest cell. Where that is too wide, the widest columns become narrower."""
    from rich.cells import cell_len

    titles = [[column.title for column in columns]] if header else []
    widths = [max(cell_len(row[i]) for row in [*titles, *rows]) for i in range(len(columns))]
    while sum(widths) + _GAP * (len(widths) - 1) > available and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
    return widths


def _style(column: Column, text: str) -> str:
    word = text.lower()
    if not column.state:
        return ""
    return _STYLES["good" if word in _GOOD else "warn" if word in _WARN else "bad" if word in _BAD else ""]
