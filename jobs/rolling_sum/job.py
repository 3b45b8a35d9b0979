"""Aggregate columns per key over a window."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import model_validator

from penstock.connectors.base.row_counting import ROWS
from penstock.connectors.config.columns import ALL_ROWS, Column, Columns, GroupKey
from penstock.connectors.config.invalid import invalid
from penstock.connectors.config.problems import Problem, nearest
from penstock.connectors.config.quantities import Ttl
from penstock.connectors.config.types import APPROXIMATE, Type, parse
from penstock.jobs.base.job import AGGREGATED, WINDOW_CLOSED, Flow, Job
from penstock.jobs.rolling_sum.reference import LATE, LATE_ROW, NOT_FINITE, reference
from penstock.jobs.rolling_sum.window import Aggregate, Window, kind_of
from penstock.udfs import aggregates, sql
from penstock.udfs.rows import Rows
from penstock.udfs.windows import TICK

if TYPE_CHECKING:
    from pyflink.table import Table


class RollingSum(Job):
    """Aggregate columns per key and window.

    Output of time windows: one row per key and window, with the key columns, `window_start`, `window_end` and the aggregates. Of count
    windows: one row per full window, with the key columns and the aggregates. Of rolling windows: every row of the input, with the
    aggregates up to it.

    Sums of integers cannot overflow: their type is `bigint`, or `decimal(38, 0)` for a `bigint` column.

    A row that arrives after its window has ended goes to the dead letter queue with reason `late`. A row with a NaN or infinite value goes
    there with reason `not_finite`, because it would make every later sum NaN. Rows of a count window that never fills are not output.
    """

    example: ClassVar[str] = "key: customer\nvalue: amount\nwindow: {tumble: 60 s}\n"

    key: GroupKey
    """The column or columns to group by, or `all rows` for one group that contains every row."""

    value: Column | None = None
    """The column to sum. The result is the column `total`. Short for `aggregates: {total: {sum: COLUMN}}`; write one of the two."""

    aggregates: dict[Column, Aggregate] = {}
    """Result column to aggregate, such as `{orders: {count: "*"}, mean_amount: {mean: amount}}`. NULL values are ignored."""

    window: Window
    """The window over which rows are aggregated. Write one of the keys below."""

    time: Literal["event", "processing"] | None = None
    """The time that windows follow. Default: `event` if the source has `event_time`, else `processing` for windows that count rows.
    Other windows then require `time: processing`. `count` windows always follow the order of arrival."""

    ttl: Ttl = "never"
    """Rolling windows only: how long Flink remembers a key after its last row (processing time). With `never` the state grows with the
    number of keys."""

    @model_validator(mode="after")
    def _fits(self) -> RollingSum:
        if bool(self.aggregates) == bool(self.value):
            found = "both value and aggregates" if self.value else "neither value nor aggregates"
            do = "write value: column, or aggregates: {name: {sum: column}}"
            raise invalid(found=found, allowed="either value or aggregates", do=do)
        return self

    @property
    def key_columns(self) -> list[str]:
        """Return the columns to group by; an empty list when all rows are one group."""
        return [] if self.key == ALL_ROWS else list(self.key)

    @property
    def all_aggregates(self) -> dict[str, tuple[str, str]]:
        """Return result column to function and column."""
        if self.value:
            return {"total": ("sum", self.value)}
        return {name: aggregate.pair for name, aggregate in self.aggregates.items()}

    @property
    def at_most_one(self) -> bool:
        return self.window.rolling

    @property
    def windows_a_row(self) -> int | None:
        if self.window.rolling:
            return None
        if self.window.hop:
            return self.window.hop.size // self.window.hop.slide
        return 0 if self.window.cumulate else 1

    @property
    def keeps_open_windows(self) -> bool:
        return self.window.count is not None

    @property
    def state_ttl(self) -> Ttl | None:
        return self.ttl if self.window.rolling else None

    def by_event_time(self, event_time: str | None) -> bool:
        """Whether the window follows event time. `event_time` names the event time column of the rows, if they have one."""
        return not self.window.count and (self.time or ("event" if event_time else "processing")) == "event"

    @property
    def computed(self) -> set[str]:
        """Return the columns whose values enter a computation and are not only counted, so that a NaN would change the result."""
        return {c for function, c in self.all_aggregates.values() if function not in ("count", "distinct_count")}

    def _approximate(self, rows: Columns) -> list[str]:
        """Return the floating-point columns in which a NaN or infinite value would make an aggregate NaN or infinite."""
        return sorted(name for name in self.computed if rows[name].name in APPROXIMATE)

    def reject_reasons(self, rows: Columns) -> tuple[str, ...]:
        late = ("late",) if self.by_event_time(rows.event_time) else ()
        return (*late, "not_finite") if self._approximate(rows) else late

    def output_columns(self, rows: Columns) -> Columns:
        for index, name in enumerate(self.key_columns):
            if name not in rows:
                found = f'"{name}", which is not a column here'
                allowed = f"{', '.join(rows.types)}; or the words `{ALL_ROWS}` for one group"
                raise Problem(("key", index), found, allowed, nearest(name, [*rows.types, ALL_ROWS]))
        keys = {name: rows[name] for name in self.key_columns}
        if self.value:
            rows.need(self.value, "value", among=aggregates.NUMBERS, what="number")
        for name, aggregate in self.aggregates.items():
            aggregate.check(rows, self.key_columns if self.window.session else (), "aggregates", name)
        self.window.check(rows, self.time)
        results = {}
        for name, (function, column) in self.all_aggregates.items():
            kind = rows.types.get(column, Type("bigint"))
            results[name] = parse(
                aggregates.AGGREGATES[function].result(*kind_of(rows, column)) or str(kind.optional())
            )
        if self.window.rolling:
            base, changes = (
                dict(rows.types),
                {"event_time": rows.event_time if self.by_event_time(rows.event_time) else None},
            )
        else:
            bounds = self._bounds(rows) if not self.window.count else {}
            base, changes = {**keys, **bounds}, {"event_time": None}
        path = ("value",) if self.value else ("aggregates",)
        for name in results:
            if name in base:
                at = (*path, *(() if self.value else (name,)))
                raise Problem(
                    at, f'"{name}", which is already a column', "a new column name", "choose another name", True
                )
        return rows.with_types({**base, **results}, **changes)

    def _bounds(self, rows: Columns) -> dict[str, Type]:
        for name in ("window_start", "window_end", "window_time"):
            rows.free(name, "window")
        zoned = not self.by_event_time(rows.event_time) or rows[rows.event_time or ""].name == "timestamp_ltz"
        kind = Type("timestamp_ltz" if zoned else "timestamp", (3,))
        return {"window_start": kind, "window_end": kind}

    def build(self, flow: Flow) -> Flow:
        from pyflink.table.expressions import call_sql, col

        rows, columns = flow.table, self.output_columns(flow.columns)
        if checked := self._approximate(flow.columns):
            # x - x is 0 for every finite x and NaN otherwise. A comparison with <= does not work: the optimizer rewrites NOT (a <= b) as
            # a > b, which is also false for NaN.
            not_finite = " OR ".join(f"({n} - {n} <> 0)" for n in map(sql.name, checked))
            rows, flow = flow.split(rows, call_sql(not_finite), "not_finite", NOT_FINITE)
        if self.by_event_time(flow.columns.event_time):
            time = sql.name(flow.columns.event_time or "")
        else:
            time = "`penstock_time`"
            rows = flow.env.sql_query(f"SELECT *, PROCTIME() AS {time} FROM {flow.view(rows)}")
        if self.window.count:
            counted = self._count(flow, rows)
            flow = flow.count(AGGREGATED, counted)
            return flow.then(counted.drop_columns(col(ROWS)), columns)
        if self.window.rolling:
            return self._rolling(flow, rows, time, columns)
        return self._time_window(flow, rows, time, columns)

    def _calls(self, rows: Columns, over: str = "") -> list[str]:
        return [
            f"{aggregates.AGGREGATES[function].to_sql(column, *kind_of(rows, column))}{over} AS {sql.name(name)}"
            for name, (function, column) in self.all_aggregates.items()
        ]

    def _time_window(self, flow: Flow, rows: Table, time: str, columns: Columns) -> Flow:
        from pyflink.table.expressions import call_sql

        keys, event = [sql.name(name) for name in self.key_columns], self.by_event_time(flow.columns.event_time)
        if event and self.window.session:
            # Flink's session window function drops late rows. They are split off before it, by the session that each row would form alone.
            end = f"{time} + {sql.interval(self.window.session - TICK)}"
            rows, flow = flow.split(rows, call_sql(f"{end} <= CURRENT_WATERMARK({time})"), "late", LATE)

        def windowed(rows: Table) -> Table:
            function = self.window.time_window().table_function(flow.view(rows), time, keys)
            return flow.env.sql_query(f"SELECT * FROM TABLE({function})")

        named = {name: sql.name(name) for name in flow.columns.types} | self._bounds_sql(columns)
        if event and self.window.tumble:
            late = f"{WINDOW_CLOSED}({time}, CURRENT_WATERMARK({time}), {self.window.tumble // TICK})"
            rows, flow = flow.split(rows, call_sql(late), "late", LATE, named, windowed)
        rows = windowed(rows)
        if event and (self.window.hop or self.window.cumulate):  # a row may be late for some of its windows
            late = "window_time <= CURRENT_WATERMARK(window_time)"
            rows, flow = flow.split(rows, call_sql(late), "late", LATE, named)
        group = ", ".join([*keys, "window_start", "window_end"])
        select = ", ".join([group, *self._calls(flow.columns), f"COUNT(*) AS {sql.name(ROWS)}"])
        results = flow.env.sql_query(f"SELECT {select} FROM {flow.view(rows)} GROUP BY {group}")
        flow = flow.count(AGGREGATED, results)
        bounds = self._bounds_sql(columns)
        outer = [f"{bounds.get(name, sql.name(name))} AS {sql.name(name)}" for name in columns.types]
        return flow.then(flow.env.sql_query(f"SELECT {', '.join(outer)} FROM {flow.view(results)}"), columns)

    def _bounds_sql(self, columns: Columns) -> dict[str, str]:
        """Return SQL for the bounds of the window in the type of the event time. Flink returns them in UTC, without a time zone."""
        return {name: f"CAST({name} AS {columns[name].sql()})" for name in ("window_start", "window_end")}

    def _rolling(self, flow: Flow, rows: Table, time: str, columns: Columns) -> Flow:
        from pyflink.table.expressions import call_sql

        if self.by_event_time(flow.columns.event_time):
            rows, flow = flow.split(rows, call_sql(f"{time} <= CURRENT_WATERMARK({time})"), "late", LATE_ROW)
        over = f"{self._partition()}ORDER BY {time} {self.window.frame()}"
        select = ", ".join([*map(sql.name, flow.columns.types), *self._calls(flow.columns, " OVER w")])
        return flow.then(flow.env.sql_query(f"SELECT {select} FROM {flow.view(rows)} WINDOW w AS ({over})"), columns)

    def _partition(self) -> str:
        return f"PARTITION BY {sql.names(self.key_columns)} " if self.key_columns else ""

    def _count(self, flow: Flow, rows: Table) -> Table:
        from pyflink.table.expressions import col, lit, row_interval
        from pyflink.table.window import Tumble

        window = Tumble.over(row_interval(self.window.count or 0)).on(col("penstock_time")).alias("penstock_window")
        keys = [col(name) for name in self.key_columns]
        results = [
            aggregates.AGGREGATES[function].expression(column, *kind_of(flow.columns, column)).alias(name)
            for name, (function, column) in self.all_aggregates.items()
        ]
        return (
            rows.window(window)
            .group_by(*keys, col("penstock_window"))
            .select(*keys, *results, lit(1).count.alias(ROWS))
        )

    def reference(self, rows: Rows) -> Rows:
        return reference(self, rows)
