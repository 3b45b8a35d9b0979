"""A table as data: what it says is here, how it looks is the console's business."""

from __future__ import annotations

from dataclasses import dataclass, field

NOTHING = "-"
"""What an empty cell shows, so that each line of plain text has the same number of columns."""


@dataclass(frozen=True)
class Column:
    """A column. `right` aligns numbers. `state` holds words such as `ok` or `FAILED`, which a terminal colours.

    `below` is for long texts: plain text keeps them in the line, a terminal puts them below the row and leaves empty ones out.
    """

    title: str
    right: bool = False
    state: bool = False
    below: bool = False


@dataclass(frozen=True)
class Table:
    """Rows of text. `empty` is shown when there are no rows, `header` shows the titles, and `name` is a line above the rows."""

    columns: list[Column]
    rows: list[list[str]] = field(default_factory=list)
    empty: str = ""
    header: bool = True
    name: str = ""


def cell(value: object) -> str:
    """A value as the text of a cell, on one line."""
    return NOTHING if value is None else " ".join(str(value).split()) or NOTHING
