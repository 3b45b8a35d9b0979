"""Event time: which column carries it, how much out of order it may come, when a silent partition stops counting."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from penstock.connectors.base.columns import Column, Columns
from penstock.connectors.base.config import Config
from penstock.connectors.base.problems import Problem
from penstock.connectors.base.quantities import Duration, millis
from penstock.connectors.base.types import TIMES, Type

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNITS = {"s": 0, "ms": 3}


class EventTime(Config):
    """Watermarks follow this column: the greatest time seen less `out_of_order`."""

    example: ClassVar[str] = "{column: at, out_of_order: 5 s}"

    column: Column
    """A `timestamp` or `timestamp_ltz` column of at most milliseconds, or a `bigint` one with `unit`."""

    out_of_order: Duration = timedelta(0)
    """How far a row may lie behind the greatest time seen and still be on time."""

    idle_after: Duration | None = None
    """A partition silent for this long no longer holds the watermark back. Without it one silent partition stops all windows."""

    unit: Literal["ms", "s"] | None = None
    """For a `bigint` column: milliseconds or seconds since 1970. The time is then the column `<column>_time`."""

    @property
    def name(self) -> str:
        """The column that windows use."""
        return f"{self.column}_time" if self.unit else self.column

    def declare(self, rows: Columns) -> Columns:
        """The rows with their event time known. Raises Problem."""
        path = ("event_time", "column")
        kind = rows.need(self.column, *path)
        if self.unit:
            if kind.name != "bigint":
                raise Problem(
                    path,
                    f"type {kind} with unit: {self.unit}",
                    "a bigint column",
                    "leave out unit, or name a bigint column",
                )
            rows.free(self.name, *path)
            return rows.with_types({**rows.types, self.name: Type("timestamp_ltz", (3,))}, event_time=self.name)
        if kind.name not in TIMES or kind.numbers[0] > 3:
            do = "say unit: ms (or s) for a bigint" if kind.name == "bigint" else "give the column such a type"
            raise Problem(
                path, f'"{self.column}" of type {kind}', "timestamp(0..3), timestamp_ltz(0..3), or bigint with unit", do
            )
        return rows.with_types(rows.types, event_time=self.column)

    def watermark(self, schema: Any, types: Mapping[str, Type]) -> None:
        """Add the watermark (and the computed time) to a schema builder."""
        if self.unit:
            schema.column_by_expression(self.name, f"TO_TIMESTAMP_LTZ(`{self.column}`, {_UNITS[self.unit]})")
        seconds, ms = divmod(millis(self.out_of_order), 1000)
        clock = f"{seconds // 3600 % 24:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{ms:03d}"
        schema.watermark(self.name, f"`{self.name}` - INTERVAL '{seconds // 86400} {clock}' DAY(3) TO SECOND(3)")
