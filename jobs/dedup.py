"""Keep one row per key: the first or the last."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from penstock.connectors.base.columns import ColumnNames, Columns
from penstock.connectors.base.problems import Problem
from penstock.connectors.base.quantities import Ttl
from penstock.jobs.base.job import Flow, Job
from penstock.udfs import sql
from penstock.udfs.rows import Row, Rows

_NULL_KEY = "a column of the key is NULL: there is nothing that the row could replace"
_LATE = "the watermark had passed the row's event time"


class Dedup(Job):
    """Every column of the input, one row per key.

    `keep: first` gives each key once, when it is first seen (with `by: event_time`, when the watermark has passed the row);
    rows that are late by then are dead letters. `keep: last` gives a row each time a newer one comes, which replaces the one
    before: the sink must take that, and a row whose key is NULL is a dead letter, `null_key`. A row that is older than the one kept
    (`by: event_time`), or with `ttl: never` equal to it in every column, is superseded: it is not given.

    Flink forgets a key that was silent for `ttl` (in processing time), and a row after that counts as the first again.
    """

    example: ClassVar[str] = "key: id\nttl: 1 h\n"

    key: ColumnNames
    """The column, or the columns, that make a row the same."""

    keep: Literal["first", "last"] = "first"
    """Which row of a key."""

    by: Literal["event_time", "processing_time", "arrival"] = "arrival"
    """What first and last mean: by the source's event time, or in the order in which rows reach the step (`arrival` and
    `processing_time` are the same)."""

    ttl: Ttl
    """Forget a key after this silence, or `never`: then the state grows with the number of keys."""

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
                "event_time, and the rows carry none",
                "arrival",
                "declare event_time on the source, or say by: arrival",
            )
        if self.keep == "last":
            return rows.with_types(rows.types, changelog=True, key=tuple(self.key), event_time=None)
        return rows

    def build(self, flow: Flow) -> Flow:
        from pyflink.table.expressions import call_sql

        rows = flow.table
        if "null_key" in self.reject_reasons(flow.columns):
            absent = call_sql(" OR ".join(f"{name} IS NULL" for name in map(sql.name, self.key)))
            rows, flow = flow.split(rows, absent, "null_key", _NULL_KEY)
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
            if key not in best or self._better(row, best[key][0], rows.event_time):
                best[key] = (row, index)
        chosen = sorted(best.values(), key=lambda pair: pair[1])
        marks: list[datetime | None] = [None] * len(chosen)
        if self.by != "event_time":
            marks = [rows.watermarks[index] for _, index in chosen]
        event_time = None if self.keep == "last" else rows.event_time
        return Rows([row for row, _ in chosen], marks, event_time, rows.rejected)

    def _better(self, row: Row, than: Row, time: str | None) -> bool:
        if self.by != "event_time" or not time:
            return self.keep == "last"
        return bool(row[time] < than[time] if self.keep == "first" else row[time] >= than[time])
