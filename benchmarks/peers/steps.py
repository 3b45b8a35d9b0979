"""What a scenario does with a row, for all peers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

from benchmarks.candidate import Row

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
"""The time of the first row, which is also the start of a window."""

LENGTH = timedelta(seconds=10)
"""The length of a window."""

OUT_OF_ORDER = timedelta(seconds=1)
"""How long a window waits for rows that are out of order."""


def keep(row: Row) -> Row | None:
    """The row with its country in upper case, or None if it does not pass."""
    row["country"] = row["country"].upper()
    return row if row["country"] == "DE" else None


def score(row: Row) -> Row | None:
    """The row with the prediction of the linear model."""
    row["prediction"] = 7.0 + row["amount"] * 0.5 + row["price"] * -1.25 + row["quantity"] * 3.0 + row["id"] * 0.001
    row["model_version"] = "1"
    return row


STEPS: dict[str, Callable[[Row], Row | None]] = {"filter": keep, "wide": keep, "score": score}
"""Scenario without state to its step."""


def chosen(row: Row, columns: list[str]) -> Row:
    """The row with the wanted columns only."""
    return {name: row[name] for name in columns}


def time_of(row: Row) -> datetime:
    """The event time of a row."""
    return datetime.fromisoformat(row["at"])  # Python 3.11 reads the Z of UTC


def window_row(customer: str, start: datetime, total: float) -> Row:
    """The result of a window."""
    return {"customer": customer, "window_start": text(start), "window_end": text(start + LENGTH), "total": total}


def text(time: datetime) -> str:
    """A time in whole seconds as the other candidates write it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
