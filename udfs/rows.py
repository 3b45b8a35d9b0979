"""Rows of the plain-Python references: a list of dicts, and for each row the watermark when it arrives.

A reference processes one partition in order, so the watermark at a row follows from the rows before it, as in Flink with parallelism 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True)
class Rejected:
    """A row that a step rejected."""

    reason: str
    """One word for programs, such as `late` or `not_finite`."""

    error: str
    """A sentence for people."""

    row: Row


@dataclass(frozen=True)
class Rows:
    """The rows between two steps."""

    rows: list[Row]

    watermarks: list[datetime | None]
    """The watermark when the row with the same index arrives. None before the first watermark."""

    event_time: str | None = None
    """The event-time column."""

    rejected: list[Rejected] = field(default_factory=list)
    """The rows that steps have rejected so far."""

    @classmethod
    def of(cls, rows: Iterable[Row], event_time: str | None = None, out_of_order: timedelta = timedelta(0)) -> Rows:
        """Rows of a source. The watermark is the latest event time of the rows before, minus `out_of_order`."""
        listed = list(rows)
        marks: list[datetime | None] = []
        mark: datetime | None = None
        for row in listed:
            marks.append(mark)
            if event_time:
                mark = max(mark, row[event_time] - out_of_order) if mark else row[event_time] - out_of_order
        return cls(listed, marks, event_time)

    def map(self, change: Callable[[Row], Row | None], event_time: str | None = None) -> Rows:
        """Replace each row by `change(row)`, or drop it if that is None. The watermarks of the rows stay the same."""
        rows, marks = [], []
        for row, mark in zip(self.rows, self.watermarks, strict=True):
            changed = change(row)
            if changed is not None:
                rows.append(changed)
                marks.append(mark)
        return replace(self, rows=rows, watermarks=marks, event_time=event_time or self.event_time)

    def reject(
        self, reason: str, error: str | Callable[[Row], str], when: Callable[[Row, datetime | None], bool]
    ) -> Rows:
        """Reject the rows for which `when(row, watermark)` is true."""
        kept, marks, rejected = [], [], list(self.rejected)
        for row, mark in zip(self.rows, self.watermarks, strict=True):
            if when(row, mark):
                rejected.append(Rejected(reason, error if isinstance(error, str) else error(row), row))
            else:
                kept.append(row)
                marks.append(mark)
        return replace(self, rows=kept, watermarks=marks, rejected=rejected)

    def end(self, rows: list[Row], event_time: str | None = None) -> Rows:
        """The output of a step that has processed all rows. It has no watermarks, so no later step finds a late row."""
        return Rows(rows, [None] * len(rows), event_time, self.rejected)
