"""Made-up rows at a stated rate: to try a job before its data is there, and to load it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from penstock.connectors.base.columns import Column, Columns
from penstock.connectors.base.config import Config
from penstock.connectors.base.problems import Problem, nearest
from penstock.connectors.base.source import Source
from penstock.connectors.base.types import NUMBERS, TEXTS, Type

if TYPE_CHECKING:
    from pyflink.table import TableDescriptor


class Generator(Config):
    """How one column's values are made."""

    example: ClassVar[str] = "{min: 0, max: 100}"

    min: int | float | None = None
    """Numbers: the least value."""

    max: int | float | None = None
    """Numbers: the greatest value."""

    length: Annotated[int, Field(ge=1, le=10000)] | None = None
    """Texts: the number of characters (100 where nothing is said)."""

    sequence: Annotated[list[int], Field(min_length=2, max_length=2)] | None = None
    """Numbers: count from the first to the second instead, then end."""

    nulls: Annotated[float, Field(ge=0, le=1)] = 0.0
    """The share of NULLs."""


class DatagenSource(Source):
    """Random rows, or sequences. A time column holds the moment the row was made.

    Guarantee: exactly once for sequences; random rows are made anew after a restart.
    """

    example: ClassVar[str] = """\
columns: {id: bigint, customer: string, amount: double, at: timestamp_ltz(3)}
event_time: {column: at, out_of_order: 5 s}
rows_per_second: 20
fields:
  id: {sequence: [1, 100]}
  customer: {length: 1}
  amount: {min: 0, max: 100}
"""

    rows_per_second: Annotated[int, Field(ge=1, le=10_000_000)] = 10
    """How many rows a second, over all subtasks."""

    rows: Annotated[int, Field(ge=1)] | None = None
    """Stop after this many rows. Without it the stream goes on for ever."""

    fields: dict[Column, Generator] = {}
    """How the values of a column are made, where the defaults are not wanted."""

    @property
    def bounded(self) -> bool:
        return self.rows is not None or any(field.sequence for field in self.fields.values())

    def stream(self) -> Columns:
        for name, field in self.fields.items():
            if name not in self.columns:
                raise Problem(
                    ("fields", name),
                    f'"{name}", which is no column',
                    ", ".join(self.columns),
                    nearest(name, self.columns),
                    at_key=True,
                )
            self._check(name, field, self.columns[name])
        return super().stream()

    def _check(self, name: str, field: Generator, kind: Type) -> None:
        for key in ("min", "max", "sequence"):
            if getattr(field, key) is not None and kind.name not in NUMBERS:
                raise Problem(
                    ("fields", name, key), f"{key} for a {kind} column", "a number column", "take it out", at_key=True
                )
        if field.length is not None and kind.name not in TEXTS:
            raise Problem(
                ("fields", name, "length"), f"length for a {kind} column", "a text column", "take it out", at_key=True
            )
        if field.min is not None and field.max is not None and field.min >= field.max:
            found = f"min {field.min}, which is not below max {field.max}"
            raise Problem(
                ("fields", name, "min"), found, "min < max", "widen the range (Flink wants two values at least)"
            )

    def descriptor(self, schema: Any, origin: bool = False) -> TableDescriptor:
        from pyflink.table import TableDescriptor

        options = {"rows-per-second": str(self.rows_per_second)}
        if self.rows is not None:
            options["number-of-rows"] = str(self.rows)
        for name, field in self.fields.items():
            prefix = f"fields.{name}"
            if field.sequence:
                first, last = field.sequence
                options |= {f"{prefix}.kind": "sequence", f"{prefix}.start": str(first), f"{prefix}.end": str(last)}
            for key in ("min", "max", "length"):
                if getattr(field, key) is not None:
                    options[f"{prefix}.{key}"] = str(getattr(field, key))
            if field.nulls:
                options[f"{prefix}.null-rate"] = str(field.nulls)
        builder = TableDescriptor.for_connector("datagen").schema(schema)
        for key, value in options.items():
            builder.option(key, value)
        return builder.build()
