"""The plain-Python form of `rolling_sum`."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING

from penstock.jobs.base.job import NoReference
from penstock.udfs import aggregates
from penstock.udfs.rows import Rejected, Row, Rows
from penstock.udfs.windows import TICK, Session, Span

if TYPE_CHECKING:
    from penstock.jobs.rolling_sum.job import RollingSum

LATE = "the watermark had already passed the end of the window"
LATE_ROW = "the watermark had already passed the row's event time"
NOT_FINITE = "a value to aggregate is NaN or infinite"
Key = tuple[object, ...]


def reference(job: RollingSum, rows: Rows) -> Rows:
    """Return what `job` outputs for these rows. Raises NoReference for windows over processing time."""

    def not_finite(row: Row, mark: datetime | None) -> bool:
        return any(isinstance(row[name], float) and not math.isfinite(row[name]) for name in job.computed)

    rows = rows.reject("not_finite", NOT_FINITE, not_finite)
    event = job.by_event_time(rows.event_time)
    if job.window.count:
        return rows.end(_count(job, rows))
    if not event and job.window.kind not in ("rolling_rows", "rolling_all"):
        raise NoReference("the result of a window over processing time depends on the clock")
    if job.window.rolling:
        return _rolling(job, rows, event)
    return _windows(job, rows)


def _key(job: RollingSum, row: Row) -> Key:
    return tuple(row[name] for name in job.key_columns)


def _results(job: RollingSum, rows: list[Row]) -> Row:
    return {
        name: len(rows)
        if column == aggregates.ROWS
        else aggregates.AGGREGATES[function].compute([row[column] for row in rows])
        for name, (function, column) in job.all_aggregates.items()
    }


def _count(job: RollingSum, rows: Rows) -> list[Row]:
    groups: dict[Key, list[Row]] = {}
    result = []
    for row in rows.rows:
        group = groups.setdefault(_key(job, row), [])
        group.append(row)
        if len(group) == job.window.count:
            result.append({**{name: row[name] for name in job.key_columns}, **_results(job, group)})
            group.clear()
    return result


def _windows(job: RollingSum, rows: Rows) -> Rows:
    window, time = job.window.time_window(), rows.event_time or ""
    groups: dict[tuple[Key, Span], list[Row]] = {}
    closed: list[tuple[tuple[Key, Span], list[Row]]] = []
    rejected = list(rows.rejected)
    for row, mark in zip(rows.rows, rows.watermarks, strict=True):
        if mark is not None:
            ended = [group for group in groups if group[1][1] - TICK <= mark]
            closed += [(group, groups.pop(group)) for group in ended]
        for start, end in window.spans(row[time]):
            if mark is not None and end - TICK <= mark:
                bounds = {} if isinstance(window, Session) else {"window_start": start, "window_end": end}
                rejected.append(Rejected("late", LATE, {**row, **bounds}))
            else:
                _add(groups, _key(job, row), (start, end), row, isinstance(window, Session))
    result = [
        {
            **dict(zip(job.key_columns, key, strict=True)),
            "window_start": start,
            "window_end": end,
            **_results(job, group),
        }
        for (key, (start, end)), group in [*closed, *groups.items()]
    ]
    return Rows(result, [None] * len(result), None, rejected)


def _add(groups: dict[tuple[Key, Span], list[Row]], key: Key, span: Span, row: Row, session: bool) -> None:
    """Add the row to its group. A session window merges with the open sessions of its key that it overlaps or touches."""
    group = []
    if session:
        touched = [at for at in groups if at[0] == key and at[1][0] <= span[1] and span[0] <= at[1][1]]
        for at in touched:
            span = (min(span[0], at[1][0]), max(span[1], at[1][1]))
            group += groups.pop(at)
    groups.setdefault((key, span), group).append(row)


def _rolling(job: RollingSum, rows: Rows, event: bool) -> Rows:
    time = rows.event_time or ""
    if event:
        rows = rows.reject("late", LATE_ROW, lambda row, mark: mark is not None and row[time] <= mark)
    ordered = sorted(rows.rows, key=lambda row: row[time]) if event else rows.rows
    seen: dict[Key, list[Row]] = {}
    for row in ordered:
        seen.setdefault(_key(job, row), []).append(row)
    position: dict[Key, int] = {}
    result = []
    for row in ordered:
        key = _key(job, row)
        at = position[key] = position.get(key, -1) + 1
        result.append({**row, **_results(job, _frame(job, seen[key], at, time))})
    return rows.end(result, rows.event_time if event else None)


def _frame(job: RollingSum, group: list[Row], at: int, time: str) -> list[Row]:
    if job.window.rolling_rows:
        return group[max(0, at + 1 - job.window.rolling_rows) : at + 1]
    if job.window.rolling_time:
        first, last = group[at][time] - job.window.rolling_time, group[at][time]
        return [row for row in group if first <= row[time] <= last]
    return group[: at + 1]
