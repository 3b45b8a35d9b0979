"""Generated rows at a chosen rate: to try a job before its data is available, and for load tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from penstock.connectors.base.source import Source
from penstock.connectors.config.columns import Column, Columns
from penstock.connectors.config.model import Config
from penstock.connectors.config.problems import Problem, nearest
from penstock.connectors.config.types import INTEGERS, NUMBERS, TEXTS, Type

if TYPE_CHECKING:
    from pyflink.table import TableDescriptor


class Generator(Config):
    """How the values of one column are generated."""

    written: ClassVar[str] = "{min: 0, max: 100}"

    min: int | float | None = None
    """Smallest random value of a number column. Default: that of Flink, which for integers is the smallest value of the type."""

    max: int | float | None = None
    """Largest random value of a number column. Default: that of Flink, which for integers is the largest value of the type."""

    length: Annotated[int, Field(ge=1, le=10000)] | None = None
    """Number of characters of each value of a text column. Default: 100."""

    sequence: Annotated[list[int], Field(min_length=2, max_length=2)] | None = None
    """`[first, last]`: count from `first` to `last` instead of generating random numbers. The source ends after `last`."""

    nulls: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of values that are NULL, from 0 to 1."""


class DatagenSource(Source):
    """Generate random rows, or sequences. A time column holds the time at which the row was generated.

    Guarantee: exactly once for sequences. Random rows are generated anew after a restart.
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
    """Rows per second over all subtasks."""

    rows: Annotated[int, Field(ge=1)] | None = None
    """Total number of rows, after which the source ends. Without it the source does not end, unless a column has a `sequence`."""

    fields: dict[Column, Generator] = {}
    """Settings of the generator of a column: column name to the keys below. Other columns have random values."""

    @property
    def bounded(self) -> bool:
        return self.rows is not None or any(field.sequence for field in self.fields.values())

    def stream(self) -> Columns:
        for name, field in self.fields.items():
            if name not in self.columns:
                raise Problem(
                    ("fields", name),
                    f'"{name}", which is not a column',
                    ", ".join(self.columns),
                    nearest(name, self.columns),
                    at_key=True,
                )
            self._check(name, field, self.columns[name])
        return super().stream()

    def _check(self, name: str, field: Generator, kind: Type) -> None:
        for key in ("min", "max", "sequence"):
            if getattr(field, key) is not None and kind.name not in NUMBERS:
                found, do = f"{key} for a column of type {kind}", f"remove {key}"
                raise Problem(("fields", name, key), found, "a number column", do, at_key=True)
        for key in ("min", "max"):
            if kind.name in INTEGERS and isinstance(value := getattr(field, key), float):
                found = f"{key} {value} for a column of type {kind}"
                raise Problem(("fields", name, key), found, "a whole number", "write a whole number")
        if field.length is not None and kind.name not in TEXTS:
            found, do = f"length for a column of type {kind}", "remove length"
            raise Problem(("fields", name, "length"), found, "a text column", do, at_key=True)
        if field.min is not None and field.max is not None and field.min >= field.max:
            found = f"min {field.min}, which is not below max {field.max}"
            raise Problem(
                ("fields", name, "min"), found, "min < max", "widen the range: Flink needs at least two values"
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
