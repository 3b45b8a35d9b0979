"""Keep the first or the last row of each key."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from penstock.connectors.config.columns import ColumnNames, Columns
from penstock.connectors.config.problems import Problem
from penstock.connectors.config.quantities import Ttl
from penstock.jobs.base.job import Flow, Job
from penstock.udfs import sql
from penstock.udfs.rows import Row, Rows

_NULL_KEY = "a column of the key is NULL, so the row cannot replace an earlier row"
_LATE = "the watermark had already passed the row's event time"


class Dedup(Job):
    """Keep one row per key.

    Output: every column of the input.

    `keep: first` outputs each key once, when its first row arrives. With `by: event_time` it outputs the row when the watermark passes the
    row; later rows with an event time that the watermark has passed go to the dead letter queue with reason `late`.

    `keep: last` outputs a row each time a newer row of the key arrives. The output is an upsert stream, which the sink must accept. A row
    whose key is NULL goes to the dead letter queue with reason `null_key`. A row that is older than the kept row (`by: event_time`), or
    with `ttl: never` equal to it in every column, is superseded: the job does not output it.

    Flink forgets a key that received no row for `ttl` (in processing time). The next row of that key counts as its first row again.
    """

    example: ClassVar[str] = "key: id\nttl: 1 h\n"

    key: ColumnNames
    """The column or columns that identify rows with the same key."""

    keep: Literal["first", "last"] = "first"
    """Which row of each key to keep: the `first` or the `last`, in the order of `by`."""

    by: Literal["event_time", "processing_time", "arrival"] = "arrival"
    """The order that defines first and last: `event_time` (that of the source), or `arrival`, the order in which rows reach the step.
    `processing_time` means the same as `arrival`."""

    ttl: Ttl
    """How long Flink remembers a key after its last row. This duration is measured in processing time. With `never` the state grows with
    the number of keys."""

    @property
    def at_most_one(self) -> bool:
        return True

    @property
    def leaves_out(self) -> str | None:
        return "filtered" if self.keep == "first" else "superseded"

    @property
    def state_ttl(self) -> Ttl | None:
        return self.ttl

    def reject_reasons(self, rows: Columns) -> tuple[str, ...]:
        if self.keep == "last":
            return ("null_key",) if any(rows[name].nullable for name in self.key) else ()
        return ("late",) if self.by == "event_time" else ()

    def output_columns(self, rows: Columns) -> Columns:
        for index, name in enumerate(self.key):
            rows.need(name, "key", index)
        if self.by == "event_time" and not rows.event_time:
            raise Problem(
                ("by",),
                "event_time, but the rows have no event time",
                "arrival, or a source with event_time",
                "declare event_time on the source, or write by: arrival",
            )
        if self.keep == "last":
            return rows.with_types(rows.types, changelog=True, key=tuple(self.key), event_time=None)
        return rows

    def build(self, flow: Flow) -> Flow:
        from pyflink.table.expressions import call_sql

        rows = flow.table
        if "null_key" in self.reject_reasons(flow.columns):
            has_null = call_sql(" OR ".join(f"{name} IS NULL" for name in map(sql.name, self.key)))
            rows, flow = flow.split(rows, has_null, "null_key", _NULL_KEY)
        if self.by == "event_time":
            time = sql.name(flow.columns.event_time or "")
            if self.keep == "first":
                late = call_sql(f"{time} <= CURRENT_WATERMARK({time})")
                rows, flow = flow.split(rows, late, "late", _LATE)
            source = flow.view(rows)
        else:
            time = "`penstock_time`"
            source = f"(SELECT *, PROCTIME() AS {time} FROM {flow.view(rows)})"
        columns = [*flow.columns.types, *flow.origin(rows)]
        order = "ASC" if self.keep == "first" else "DESC"
        ranked = (
            f"SELECT *, ROW_NUMBER() OVER (PARTITION BY {sql.names(self.key)} ORDER BY {time} {order}) AS `penstock_rank`"
            f" FROM {source}"
        )
        table = flow.env.sql_query(f"SELECT {sql.names(columns)} FROM ({ranked}) WHERE `penstock_rank` = 1")
        return flow.then(table, self.output_columns(flow.columns))

    def reference(self, rows: Rows) -> Rows:
        if self.keep == "last":
            rows = rows.reject("null_key", _NULL_KEY, lambda row, _: any(row[name] is None for name in self.key))
        if self.by == "event_time" and self.keep == "first":
            time = rows.event_time or ""
            rows = rows.reject("late", _LATE, lambda row, mark: mark is not None and row[time] <= mark)
        best: dict[tuple[object, ...], tuple[Row, int]] = {}
        for index, row in enumerate(rows.rows):
            key = tuple(row[name] for name in self.key)
            if key not in best or self._replaces(row, best[key][0], rows.event_time):
                best[key] = (row, index)
        chosen = sorted(best.values(), key=lambda pair: pair[1])
        marks: list[datetime | None] = [None] * len(chosen)
        if self.by != "event_time":
            marks = [rows.watermarks[index] for _, index in chosen]
        event_time = None if self.keep == "last" else rows.event_time
        return Rows([row for row, _ in chosen], marks, event_time, rows.rejected)

    def _replaces(self, row: Row, kept: Row, time: str | None) -> bool:
        if self.by != "event_time" or not time:
            return self.keep == "last"
        return bool(row[time] < kept[time] if self.keep == "first" else row[time] >= kept[time])
