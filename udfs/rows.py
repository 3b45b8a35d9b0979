"""Rows of the plain-Python references: a list of dicts, each with the watermark in force when it arrives.

A reference runs one partition in order: the watermark that a row meets comes from the rows before it. Flink with
parallelism 1 does the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True)
class Rejected:
    """A row that a step did not take: `reason` is a word (`late`, `not_finite`, ...), `error` a sentence."""

    reason: str
    error: str
    row: Row


@dataclass(frozen=True)
class Rows:
    """`rows[i]` arrives when the watermark is `watermarks[i]` (None: there is none yet)."""

    rows: list[Row]
    watermarks: list[datetime | None]
    event_time: str | None = None
    rejected: list[Rejected] = field(default_factory=list)

    @classmethod
    def of(cls, rows: Iterable[Row], event_time: str | None = None, out_of_order: timedelta = timedelta(0)) -> Rows:
        """Rows as a source gives them: the watermark is the greatest time before, less `out_of_order`."""
        listed = list(rows)
        marks: list[datetime | None] = []
        mark: datetime | None = None
        for row in listed:
            marks.append(mark)
            if event_time:
                mark = max(mark, row[event_time] - out_of_order) if mark else row[event_time] - out_of_order
        return cls(listed, marks, event_time)

    def map(self, change: Callable[[Row], Row | None], event_time: str | None = None) -> Rows:
        """Change each row, or drop it with None; watermarks stay."""
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
        """Take out the rows for which `when(row, watermark)` holds."""
        kept, marks, rejected = [], [], list(self.rejected)
        for row, mark in zip(self.rows, self.watermarks, strict=True):
            if when(row, mark):
                rejected.append(Rejected(reason, error if isinstance(error, str) else error(row), row))
            else:
                kept.append(row)
                marks.append(mark)
        return replace(self, rows=kept, watermarks=marks, rejected=rejected)

    def end(self, rows: list[Row], event_time: str | None = None) -> Rows:
        """What a step gives when all rows are in; no row after it is late."""
        return Rows(rows, [None] * len(rows), event_time, self.rejected)
