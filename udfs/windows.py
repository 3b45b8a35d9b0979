"""Time windows: which windows a moment belongs to, and the SQL table function that says the same.

Windows are aligned to 1970-01-01T00:00:00; a window holds its start and not its end. Flink SQL: windowing table-valued
functions.
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
    """One window after the other."""

    size: timedelta

    def spans(self, at: datetime) -> list[Span]:
        start = _floor(at, self.size)
        return [(start, start + self.size)]

    def table_function(self, view: str, time: str, keys: list[str]) -> str:
        return f"TUMBLE(TABLE {view}, DESCRIPTOR({time}), {sql.interval(self.size)})"


@dataclass(frozen=True)
class Hop:
    """A window of `size` begins every `slide`; a row is in `size / slide` of them."""

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
    """A window of `size` that also shows its growing parts, one every `step`."""

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
    """A window per key that ends `gap` after its last row."""

    gap: timedelta

    def spans(self, at: datetime) -> list[Span]:
        """The session of one row alone; overlapping ones of a key become one."""
        return [(at, at + self.gap)]

    def table_function(self, view: str, time: str, keys: list[str]) -> str:
        partition = f" PARTITION BY ({', '.join(keys)})" if keys else ""
        return f"SESSION(TABLE {view}{partition}, DESCRIPTOR({time}), {sql.interval(self.gap)})"


TimeWindow = Tumble | Hop | Cumulate | Session
