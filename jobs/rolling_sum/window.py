"""The config of `rolling_sum`: windows and aggregates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from penstock.connectors.base.columns import Columns
from penstock.connectors.base.config import Config
from penstock.connectors.base.invalid import invalid
from penstock.connectors.base.problems import Problem
from penstock.connectors.base.quantities import PositiveDuration, duration_text
from penstock.udfs import aggregates, sql
from penstock.udfs.windows import Cumulate, Hop, Session, TimeWindow, Tumble

_WINDOWS = ("tumble", "hop", "cumulate", "session", "count", "rolling_rows", "rolling_time", "rolling_all")
_COUNTING = ("count", "rolling_rows", "rolling_all")
Count = Annotated[int, Field(ge=1, le=1_000_000)]
AggregateColumn = Annotated[str, Field(pattern=r"^(\*|[A-Za-z_][A-Za-z0-9_]{0,127})$")]


def one_key(model: Config, names: tuple[str, ...], what: str) -> str:
    """The one field that is given. Raises for none and for several."""
    given = [name for name in names if getattr(model, name) is not None]
    if len(given) != 1:
        found = f"{len(given)} {what}s" + (f" ({', '.join(given)})" if given else "")
        raise invalid(found=found, allowed=f"one of: {', '.join(names)}", do="name one of them")
    return given[0]


class HopSpec(Config):
    """Windows that overlap."""

    example: ClassVar[str] = "{size: 60 s, slide: 10 s}"

    size: PositiveDuration
    """How long each window is: a multiple of `slide`."""

    slide: PositiveDuration
    """How often one begins."""


class CumulateSpec(Config):
    """Windows that grow."""

    example: ClassVar[str] = "{size: 1 h, step: 5 min}"

    size: PositiveDuration
    """How long the whole window is: a multiple of `step`."""

    step: PositiveDuration
    """How often the part so far is shown."""


class Window(Config):
    """One kind of window. A window holds its start and not its end; days are UTC's."""

    example: ClassVar[str] = "{tumble: 60 s}"

    tumble: PositiveDuration | None = None
    """Windows of this length, one after the other."""

    hop: HopSpec | None = None
    """Windows that overlap: `{size: 60 s, slide: 10 s}`."""

    cumulate: CumulateSpec | None = None
    """Windows that grow: `{size: 1 h, step: 5 min}`."""

    session: PositiveDuration | None = None
    """A window per key that ends when no row came for this long."""

    count: Count | None = None
    """Every so many rows of a key, in the order of their arrival."""

    rolling_rows: Count | None = None
    """For each row: the last so many rows of its key, itself among them."""

    rolling_time: PositiveDuration | None = None
    """For each row: the rows of its key in this time up to it."""

    rolling_all: Literal[True] | None = None
    """For each row: all rows of its key so far."""

    @model_validator(mode="after")
    def _one(self) -> Window:
        one_key(self, _WINDOWS, "window")
        for outer, inner, name in ((self.hop, "slide", "hop"), (self.cumulate, "step", "cumulate")):
            if outer and outer.size % getattr(outer, inner):
                found = f"{name} size {duration_text(outer.size)} with {inner} {duration_text(getattr(outer, inner))}"
                raise invalid(found=found, allowed=f"a size that is a multiple of {inner}", do="change one of them")
        return self

    @property
    def kind(self) -> str:
        return one_key(self, _WINDOWS, "window")

    @property
    def rolling(self) -> bool:
        """One output a row."""
        return self.kind.startswith("rolling_")

    def time_window(self) -> TimeWindow:
        """The window as the library knows it."""
        if self.hop:
            return Hop(self.hop.size, self.hop.slide)
        if self.cumulate:
            return Cumulate(self.cumulate.size, self.cumulate.step)
        if self.session:
            return Session(self.session)
        if self.tumble:
            return Tumble(self.tumble)
        raise ValueError(f"{self.kind} is no time window")

    def frame(self) -> str:
        """The SQL frame of a rolling window."""
        if self.rolling_rows:
            return f"ROWS BETWEEN {self.rolling_rows - 1} PRECEDING AND CURRENT ROW"
        if self.rolling_time:
            return f"RANGE BETWEEN {sql.interval(self.rolling_time)} PRECEDING AND CURRENT ROW"
        return "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"

    def check(self, rows: Columns, time: str | None) -> None:
        """Whether the window fits the rows and the `time` that is asked for. Raises Problem."""
        counting = self.kind in _COUNTING
        if time == "event" and self.count:
            raise Problem(("time",), "event, and a count window follows arrival", "processing", "take time out")
        if time == "event" and not rows.event_time:
            raise Problem(
                ("time",), "event, and the rows carry no event time", "processing", "declare event_time on the source"
            )
        if not time and not rows.event_time and not counting:
            raise Problem(
                ("window", self.kind), "a time window, and the rows carry no event time", "event_time on the source, or time: processing",
                "declare event_time on the source", True,
            )  # fmt: skip
        if time == "processing" and not counting and rows.bounded:
            raise Problem(
                ("time",), "processing, and the source ends", "event",
                "use event time: Flink drops the windows that are open when a bounded source ends",
            )  # fmt: skip


class Aggregate(Config):
    """One function of one column: `{mean: amount}`. NULLs do not count."""

    example: ClassVar[str] = "{sum: amount}"

    sum: AggregateColumn | None = None
    """The sum."""

    mean: AggregateColumn | None = None
    """The mean, as DOUBLE."""

    min: AggregateColumn | None = None
    """The least value."""

    max: AggregateColumn | None = None
    """The greatest value."""

    count: AggregateColumn | None = None
    """How many values; `"*"` counts rows."""

    distinct_count: AggregateColumn | None = None
    """How many different values."""

    variance: AggregateColumn | None = None
    """The sample variance (n - 1), as DOUBLE; NULL for one value."""

    variance_population: AggregateColumn | None = None
    """The population variance (n), as DOUBLE."""

    standard_deviation: AggregateColumn | None = None
    """The sample standard deviation (n - 1), as DOUBLE; NULL for one value."""

    standard_deviation_population: AggregateColumn | None = None
    """The population standard deviation (n), as DOUBLE."""

    @model_validator(mode="after")
    def _one(self) -> Aggregate:
        function = one_key(self, tuple(aggregates.AGGREGATES), "function")
        if getattr(self, function) == aggregates.ROWS and function != "count":
            raise invalid(found=f'{function}: "*"', allowed='a column ("*" is for count)', do="name a column")
        return self

    @property
    def pair(self) -> tuple[str, str]:
        """Function and column."""
        function = one_key(self, tuple(aggregates.AGGREGATES), "function")
        return function, getattr(self, function)

    def check(self, rows: Columns, session_keys: Sequence[str], *path: Any) -> None:
        """Whether the column is there, of a type that the function takes, and no key of a session window. Raises Problem."""
        function, column = self.pair
        if column in session_keys:
            # Flink 2.3 looks for the key in a projection that has the column twice, and finds none (FlinkRelMdWindowProperties).
            found = f'"{column}", which is a key too: Flink cannot plan this in a session window'
            do = "take it out: in a group the key has one value"
            raise Problem((*path, function), found, "a column that is no key", do)
        if column != aggregates.ROWS:
            rows.need(column, *path, function, among=aggregates.AGGREGATES[function].takes, what=function)
