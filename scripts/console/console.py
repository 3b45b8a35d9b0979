"""Where results go: a terminal gets colours and tables fitted to its width, everything else plain text with the same words."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import click

from penstock.connectors.config.terminals import fancy
from penstock.scripts.console.table import NOTHING, Table

Show = Callable[[Table, list[str]], None]
"""Shows a new reading: as a table in a terminal, as lines elsewhere."""


class Console(ABC):
    """Shows results on standard output. `meaning` is good, warn, bad, or nothing."""

    @abstractmethod
    def line(self, text: str, meaning: str = "") -> None:
        """Print a text."""

    @abstractmethod
    def table(self, table: Table) -> None:
        """Print a table."""

    @abstractmethod
    def refreshing(self) -> AbstractContextManager[Show]:
        """Show one reading after another: in the same place where that is possible."""


class Plain(Console):
    """Plain text: no colours, nothing cut off. Columns are two or more spaces apart, and no cell is empty."""

    def __init__(self, err: bool = False) -> None:
        self._err = err

    def line(self, text: str, meaning: str = "") -> None:
        click.echo(text, err=self._err)

    def table(self, table: Table) -> None:
        if not table.rows:
            self.line(table.empty)
            return
        titles = [column.title for column in table.columns]
        rows = [*([titles] if table.header and len(titles) > 1 else []), *table.rows]
        widths = [max(len(row[i]) for row in rows) for i in range(len(titles))]
        indent = ""
        if table.name:
            self.line(f"{table.name}:")
            indent = "  "
        for row in rows:
            cells = [
                text.rjust(width) if column.right else text.ljust(width)
                for text, width, column in zip((one or NOTHING for one in row), widths, table.columns, strict=True)
            ]
            self.line(indent + "  ".join(cells).rstrip())

    @contextmanager
    def refreshing(self) -> Iterator[Show]:
        def show(table: Table, lines: list[str]) -> None:
            for line in lines:
                self.line(line)
            sys.stdout.flush()

        yield show


def results(err: bool = False) -> Console:
    """The console of standard output (or of standard error)."""
    stream = sys.stderr if err else sys.stdout
    if not fancy(stream):
        return Plain(err)
    from penstock.scripts.console.terminal import Terminal  # rich takes a tenth of a second to import

    return Terminal(stream)
