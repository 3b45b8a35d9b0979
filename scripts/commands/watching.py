"""Readings of jobs, one after another: what changed between two of them, as a table, as lines and as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from penstock.scripts.console.table import Column, Table, cell
from penstock.scripts.console.words import behind, duration

if TYPE_CHECKING:
    from penstock.scripts.cluster.status import Status

_COLUMNS = [
    Column("job"),
    Column("state", state=True),
    Column("health", state=True),
    Column("up", right=True),
    Column("rows in", right=True),
    Column("out", right=True),
    Column("dead", right=True),
    Column("late", right=True),
    Column("watermark", right=True),
    Column("checkpoint", right=True),
    Column("!", below=True),
]


@dataclass(frozen=True)
class Reading:
    """A job's status at a timestamp (seconds since 1970). `rates` are rows per second since the reading before: `in` and `out`."""

    status: Status
    at: float
    rates: dict[str, float | None]


def readings(found: Iterable[Status], before: Mapping[str, Reading], now: float) -> list[Reading]:
    """The statuses with their rates since the readings before."""
    return [Reading(one, now, _rates(one, before.get(one.name), now)) for one in found]


def _rates(status: Status, before: Reading | None, now: float) -> dict[str, float | None]:
    """None for the first reading, for counts that are not known, and after a step back: the job has restarted from a checkpoint."""
    found: dict[str, float | None] = {}
    for key in ("in", "out"):
        new = status.rows.get(key)
        old = before.status.rows.get(key) if before and before.status.job_id == status.job_id else None
        known = before is not None and now > before.at and new is not None and old is not None and new >= old
        found[key] = round((new - old) / (now - before.at), 1) if known else None  # type: ignore[operator, union-attr]
    return found


def table(found: Sequence[Reading], empty: str = "no running jobs") -> Table:
    """A row for each job; rates are beside the counts. `empty` is shown without a job."""
    return Table(_COLUMNS, [_row(one) for one in found], empty=empty)


def _row(one: Reading) -> list[str]:
    status = one.status
    values = [
        status.name,
        status.state,
        "healthy" if status.healthy else "unhealthy",
        None if status.uptime is None else duration(status.uptime),
        _count(one, "in"),
        _count(one, "out"),
        _number(status.rows.get("dead")),
        _number(status.rows.get("late")),
        behind(status.watermark_lag),
        _checkpoint(status.checkpoint),
        "; ".join(status.reasons),
    ]
    return [cell(value) for value in values]


def lines(found: Sequence[Reading]) -> list[str]:
    """A line for each job, each value with its name: for logs and for programs that read lines."""
    return [_line(one) for one in found]


def _line(one: Reading) -> str:
    status = one.status
    parts = [_time(one.at), status.name, status.state, "healthy" if status.healthy else "unhealthy"]
    values = {
        "rows in": _count(one, "in"),
        "out": _count(one, "out"),
        "dead": _number(status.rows.get("dead")),
        "late": _number(status.rows.get("late")),
        "watermark": behind(status.watermark_lag),
        "checkpoint": _checkpoint(status.checkpoint),
    }
    parts += [f"{name} {value}" for name, value in values.items() if value]
    return "  ".join([*parts, *(f"! {' '.join(reason.split())}" for reason in status.reasons)])


def data(one: Reading) -> dict[str, Any]:
    """The status as `--output json` prints it, with `at` and `rows_per_second`."""
    return {**one.status.as_dict(), "at": _time(one.at), "rows_per_second": one.rates}


def _time(at: float) -> str:
    return f"{datetime.fromtimestamp(at, timezone.utc):%Y-%m-%dT%H:%M:%SZ}"


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _count(one: Reading, key: str) -> str:
    rate = one.rates[key]
    text = _number(one.status.rows.get(key))
    return f"{text} ({rate:,.0f}/s)" if text and rate is not None else text


def _checkpoint(found: Mapping[str, Any] | None) -> str:
    return "" if not found or found["id"] is None else f"{duration(found['age'])} ago"
