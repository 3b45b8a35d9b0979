"""Time windows, in plain Python and as Flink's windowing table-valued functions.

Windows are aligned to 1970-01-01T00:00:00. A window contains its start and not its end. `spans` returns all windows (start, end) that
contain a timestamp; `table_function` returns the SQL of the windows of a view by its time column.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from penstock.udfs import sql

TICK = timedelta(milliseconds=1)
Span = tuple[datetime, datetime]


def _floor(at: datetime, size: timedelta) -> datetime:
    epoch = datetime(1970, 1, 1, tzinfo=timezone.utc if at.tzinfo else None)
    return epoch + (at - epoch) // size * size


@dataclass(frozen=True)
class Tumble:
    """Consecutive windows of `size`."""

    size: timedelta

    def spans(self, at: datetime) -> list[Span]:
        start = _floor(at, self.size)
        return [(start, start + self.size)]

    def table_function(self, view: str, time: str, keys: list[str]) -> str:
        return f"TUMBLE(TABLE {view}, DESCRIPTOR({time}), {sql.interval(self.size)})"


@dataclass(frozen=True)
class Hop:
    """A window of `size` begins every `slide`. A row belongs to `size / slide` windows."""

    size: timedelta
    slide: timedelta

    def spans(self, at: datetime) -> list[Span]:
        last = _floor(at, self.slide)
        starts = [last - self.slide * step for step in range(self.size // self.slide)]
        return [(start, start + self.size) for start in starts]

    def table_function(self, view: str, time: str, keys: list[str]) -> str:
        return f"HOP(TABLE {view}, DESCRIPTOR({time}), {sql.interval(self.slide)}, {sql.interval(self.size)})"


@dataclass(frozen=True)
class Cumulate:
    """Consecutive windows of `size`, and within each of them a window from its start to every `step`."""

    size: timedelta
    step: timedelta

    def spans(self, at: datetime) -> list[Span]:
        start = _floor(at, self.size)
        first = _floor(at, self.step) + self.step
        ends = [first + self.step * count for count in range((start + self.size - first) // self.step + 1)]
        return [(start, end) for end in ends]

    def table_function(self, view: str, time: str, keys: list[str]) -> str:
        return f"CUMULATE(TABLE {view}, DESCRIPTOR({time}), {sql.interval(self.step)}, {sql.interval(self.size)})"


@dataclass(frozen=True)
class Session:
    """A window per key that ends when no row arrives for `gap`."""

    gap: timedelta

    def spans(self, at: datetime) -> list[Span]:
        """The session of a single row. Overlapping sessions of a key are merged."""
        return [(at, at + self.gap)]

    def table_function(self, view: str, time: str, keys: list[str]) -> str:
        partition = f" PARTITION BY ({', '.join(keys)})" if keys else ""
        return f"SESSION(TABLE {view}{partition}, DESCRIPTOR({time}), {sql.interval(self.gap)})"


TimeWindow = Tumble | Hop | Cumulate | Session
