"""Event time: its column, the allowed out-of-orderness, and the timeout after which a partition is idle."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from penstock.connectors.config.columns import Column, Columns
from penstock.connectors.config.model import Config
from penstock.connectors.config.problems import Problem
from penstock.connectors.config.quantities import Duration, millis
from penstock.connectors.config.types import TIMES, Type

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNITS = {"s": 0, "ms": 3}


class EventTime(Config):
    """Event-time column and watermarks. The watermark is the latest event time seen minus `out_of_order`."""

    written: ClassVar[str] = "{column: at, out_of_order: 5 s}"

    column: Column
    """The event-time column: a `timestamp` or `timestamp_ltz` with at most 3 fractional digits, or a `bigint` together with `unit`."""

    out_of_order: Duration = timedelta(0)
    """Allowed out-of-orderness: how much earlier than the latest event time seen a row may be without being late."""

    idle_after: Duration | None = None
    """A partition without rows for this long is idle and no longer holds back the watermark.
    Without this key a single partition without rows stops the output of all windows."""

    unit: Literal["ms", "s"] | None = None
    """Unit of a `bigint` event-time column: milliseconds (`ms`) or seconds (`s`) since 1970-01-01 UTC.
    Required for a `bigint` column, not allowed for another. The event time is then in the additional column `<column>_time`."""

    @property
    def name(self) -> str:
        """Name of the column of type `timestamp` or `timestamp_ltz` that windows use."""
        return f"{self.column}_time" if self.unit else self.column

    def declare(self, rows: Columns) -> Columns:
        """Return the columns with their event time set. Raises Problem if the column is missing or has another type."""
        path = ("event_time", "column")
        kind = rows.need(self.column, *path)
        if self.unit:
            if kind.name != "bigint":
                raise Problem(
                    path,
                    f'"{self.column}" of type {kind} with unit: {self.unit}',
                    "a bigint column",
                    "remove unit, or name a bigint column",
                )
            rows.free(self.name, *path)
            return rows.with_types({**rows.types, self.name: Type("timestamp_ltz", (3,))}, event_time=self.name)
        if kind.name not in TIMES or kind.numbers[0] > 3:
            do = "add unit: ms (or unit: s)" if kind.name == "bigint" else "declare the column with one of these types"
            raise Problem(
                path, f'"{self.column}" of type {kind}', "timestamp(0..3), timestamp_ltz(0..3), or bigint with unit", do
            )
        return rows.with_types(rows.types, event_time=self.column)

    def watermark(self, schema: Any, types: Mapping[str, Type]) -> None:
        """Add the watermark, and with `unit` the computed event-time column, to a PyFlink schema builder."""
        if self.unit:
            schema.column_by_expression(self.name, f"TO_TIMESTAMP_LTZ(`{self.column}`, {_UNITS[self.unit]})")
        seconds, ms = divmod(millis(self.out_of_order), 1000)
        clock = f"{seconds // 3600 % 24:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{ms:03d}"
        schema.watermark(self.name, f"`{self.name}` - INTERVAL '{seconds // 86400} {clock}' DAY(3) TO SECOND(3)")
