"""The configuration of `rolling_sum`: windows and aggregates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from penstock.connectors.config.columns import Columns
from penstock.connectors.config.invalid import invalid
from penstock.connectors.config.model import Config
from penstock.connectors.config.problems import Problem
from penstock.connectors.config.quantities import PositiveDuration, duration_text
from penstock.connectors.config.types import Type
from penstock.udfs import aggregates, sql
from penstock.udfs.windows import Cumulate, Hop, Session, TimeWindow, Tumble

_WINDOWS = ("tumble", "hop", "cumulate", "session", "count", "rolling_rows", "rolling_time", "rolling_all")
_COUNTING = ("count", "rolling_rows", "rolling_all")
Count = Annotated[int, Field(ge=1, le=1_000_000)]
AggregateColumn = Annotated[str, Field(pattern=r"^(\*|[A-Za-z_][A-Za-z0-9_]{0,127})$")]


def one_key(model: Config, names: tuple[str, ...], what: str) -> str:
    """Return the name of the only field that is set. Raises when none or several are set."""
    given = [name for name in names if getattr(model, name) is not None]
    if len(given) != 1:
        found = f"{len(given)} {what}s" + (f" ({', '.join(given)})" if given else "")
        raise invalid(found=found, allowed=f"one of: {', '.join(names)}", do="write exactly one of them")
    return given[0]


class HopSpec(Config):
    """Overlapping windows of a fixed size (hopping, also called sliding)."""

    written: ClassVar[str] = "{size: 60 s, slide: 10 s}"

    size: PositiveDuration
    """The length of each window. Must be a multiple of `slide`."""

    slide: PositiveDuration
    """The interval between the starts of two windows."""


class CumulateSpec(Config):
    """Windows that output intermediate results while they grow to their full size."""

    written: ClassVar[str] = "{size: 1 h, step: 5 min}"

    size: PositiveDuration
    """The length of the full window. Must be a multiple of `step`."""

    step: PositiveDuration
    """The interval between two intermediate results."""


class Window(Config):
    """One kind of window. The start of a window is inclusive, the end exclusive. Windows align to UTC."""

    written: ClassVar[str] = "{tumble: 60 s}"

    tumble: PositiveDuration | None = None
    """Consecutive windows of this length, without overlap."""

    hop: HopSpec | None = None
    """Overlapping windows of one length, such as `{size: 60 s, slide: 10 s}`."""

    cumulate: CumulateSpec | None = None
    """Windows that output an intermediate result at each step, such as `{size: 1 h, step: 5 min}`."""

    session: PositiveDuration | None = None
    """Session windows: the window of a key ends when no further row of the key has an event time within this gap."""

    count: Count | None = None
    """Windows of this many rows of a key, in the order of arrival. A window that never fills is not output."""

    rolling_rows: Count | None = None
    """For each row, a window of this many rows: the row itself and the rows of its key before it."""

    rolling_time: PositiveDuration | None = None
    """For each row, a window of this length that ends with the row and contains rows of its key."""

    rolling_all: Literal[True] | None = None
    """For each row, a window of all rows of its key up to it."""

    @model_validator(mode="after")
    def _one(self) -> Window:
        one_key(self, _WINDOWS, "window")
        for outer, inner, name in ((self.hop, "slide", "hop"), (self.cumulate, "step", "cumulate")):
            if outer and outer.size % getattr(outer, inner):
                found = f"{name} size {duration_text(outer.size)} with {inner} {duration_text(getattr(outer, inner))}"
                raise invalid(
                    found=found, allowed=f"a size that is a multiple of {inner}", do=f"change size or {inner}"
                )
        return self

    @property
    def kind(self) -> str:
        return one_key(self, _WINDOWS, "window")

    @property
    def rolling(self) -> bool:
        """Whether the window outputs one row for each row of the input."""
        return self.kind.startswith("rolling_")

    def time_window(self) -> TimeWindow:
        """Return the window of `penstock.udfs.windows`. Raises ValueError for windows that count rows and rolling windows."""
        if self.hop:
            return Hop(self.hop.size, self.hop.slide)
        if self.cumulate:
            return Cumulate(self.cumulate.size, self.cumulate.step)
        if self.session:
            return Session(self.session)
        if self.tumble:
            return Tumble(self.tumble)
        raise ValueError(f"{self.kind} is not a time window")

    def frame(self) -> str:
        """Return the SQL frame clause of a rolling window."""
        if self.rolling_rows:
            return f"ROWS BETWEEN {self.rolling_rows - 1} PRECEDING AND CURRENT ROW"
        if self.rolling_time:
            return f"RANGE BETWEEN {sql.interval(self.rolling_time)} PRECEDING AND CURRENT ROW"
        return "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"

    def check(self, rows: Columns, time: str | None) -> None:
        """Check that the window works with the rows and with the configured `time`. Raises Problem."""
        counting = self.kind in _COUNTING
        if time == "event" and self.count:
            raise Problem(
                ("time",), "event, but a count window follows the order of arrival", "processing", "remove time"
            )
        if time == "event" and not rows.event_time:
            raise Problem(
                ("time",), "event, but the rows have no event time", "processing", "declare event_time on the source"
            )
        if not time and not rows.event_time and not counting:
            raise Problem(
                ("window", self.kind), "a time window, but the rows have no event time", "event_time on the source, or time: processing",
                "declare event_time on the source", True,
            )  # fmt: skip
        if time == "processing" and not counting and rows.bounded:
            raise Problem(
                ("time",), "processing, but the source is bounded", "event",
                "use event time: Flink drops windows that are open when a bounded source ends",
            )  # fmt: skip


class Aggregate(Config):
    """One aggregate function of one column: `{mean: amount}`. NULL values are ignored."""

    written: ClassVar[str] = "{sum: amount}"

    sum: AggregateColumn | None = None
    """The sum of this column."""

    mean: AggregateColumn | None = None
    """The arithmetic mean of this column, as DOUBLE."""

    min: AggregateColumn | None = None
    """The smallest value of this column."""

    max: AggregateColumn | None = None
    """The largest value of this column."""

    count: AggregateColumn | None = None
    """The number of values of this column that are not NULL. `"*"` counts rows."""

    distinct_count: AggregateColumn | None = None
    """The number of distinct values of this column."""

    variance: AggregateColumn | None = None
    """The sample variance of this column (divisor n - 1), as DOUBLE. NULL for a single value."""

    variance_population: AggregateColumn | None = None
    """The population variance of this column (divisor n), as DOUBLE."""

    standard_deviation: AggregateColumn | None = None
    """The sample standard deviation of this column (divisor n - 1), as DOUBLE. NULL for a single value."""

    standard_deviation_population: AggregateColumn | None = None
    """The population standard deviation of this column (divisor n), as DOUBLE."""

    @model_validator(mode="after")
    def _one(self) -> Aggregate:
        function = one_key(self, tuple(aggregates.AGGREGATES), "function")
        if getattr(self, function) == aggregates.ROWS and function != "count":
            raise invalid(
                found=f'{function}: "*"', allowed='a column name; "*" is for count only', do="write a column name"
            )
        return self

    @property
    def pair(self) -> tuple[str, str]:
        """Return the function and the column."""
        function = one_key(self, tuple(aggregates.AGGREGATES), "function")
        return function, getattr(self, function)

    def check(self, rows: Columns, session_keys: Sequence[str], *path: Any) -> None:
        """Check that the column exists, has a type that the function accepts, and is not a key of a session window. Raises Problem."""
        function, column = self.pair
        if column in session_keys:
            # Flink 2.3 looks for the key in a projection that contains the column twice, and does not find it (FlinkRelMdWindowProperties).
            found = f'"{column}", which is also a key column: Flink cannot plan this in a session window'
            do = "remove this aggregate: within a group the key has one value"
            raise Problem((*path, function), found, "a column that is not a key", do)
        if column != aggregates.ROWS:
            rows.need(column, *path, function, among=aggregates.AGGREGATES[function].takes, what=function)


def kind_of(rows: Columns, column: str) -> tuple[str, int]:
    """Return the name of a column's type, and the digits behind the point of a decimal. `count: "*"` counts as bigint."""
    kind = rows.types.get(column, Type("bigint"))
    return kind.name, kind.numbers[1] if kind.name == "decimal" else 0
