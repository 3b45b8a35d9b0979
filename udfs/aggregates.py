"""Aggregates of a column, in plain Python and as the SQL that Flink runs. NULLs are ignored.

Flink 2.x computes variance and standard deviation with Welford's method (B. P. Welford, Technometrics 4, 1962), the plain-Python form
with exact sums. The results agree to about 1e-9 of the values' magnitude.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from penstock.udfs import sql

if TYPE_CHECKING:
    from pyflink.table.expression import Expression

ROWS = "*"
"""In place of a column: count rows."""

_INTEGERS = ("tinyint", "smallint", "int")
NUMBERS = (*_INTEGERS, "bigint", "float", "double", "decimal")
ORDERED = (*NUMBERS, "string", "varchar", "char", "date", "time", "timestamp", "timestamp_ltz", "boolean")


def _same(kind: str, scale: int) -> None:
    """The result has the type of the column."""


def _bigint(kind: str, scale: int) -> str:
    return "bigint"


def _double(kind: str, scale: int) -> str:
    return "double"


def _sum(kind: str, scale: int) -> str:
    """Sums of integers do not overflow: they are bigint, and decimal(38, 0) for bigint columns."""
    if kind in _INTEGERS:
        return "bigint"
    return f"decimal(38, {scale})" if kind in ("bigint", "decimal") else "double"


@dataclass(frozen=True)
class Aggregate:
    """One aggregate function."""

    sql: str
    """Name of the function in Flink SQL."""

    method: str
    """Name of the property of a Table API expression."""

    python: Callable[[list[Any]], Any]
    """Computes the aggregate of values without None."""

    takes: tuple[str, ...] | None = NUMBERS
    """Names of the column types that it accepts. None: all."""

    result: Callable[[str, int], str | None] = _double
    """Returns the type of the result for the name and scale of the column's type. None: the type of the column."""

    in_result: bool = True
    """Whether values are cast to the type of the result before they are aggregated."""

    distinct: bool = False
    """Whether equal values are aggregated once."""

    def compute(self, values: list[Any]) -> Any:
        """Compute the aggregate of a column's values in plain Python. None values are ignored."""
        return self.python([value for value in values if value is not None])

    def to_sql(self, column: str, kind: str, scale: int = 0) -> str:
        """Return the SQL expression for a column whose type has this name and scale, or for `ROWS`."""
        if column == ROWS:
            return "COUNT(*)"
        value = f"CAST({sql.name(column)} AS {self._type(kind, scale)})" if self.in_result else sql.name(column)
        return f"{self.sql}({'DISTINCT ' if self.distinct else ''}{value})"

    def expression(self, column: str, kind: str, scale: int = 0) -> Expression:
        """Return the Table API expression, for count windows, which SQL does not have."""
        from pyflink.table.expressions import call_sql, col, lit

        if column == ROWS:
            return lit(1).count
        value = call_sql(f"CAST({sql.name(column)} AS {self._type(kind, scale)})") if self.in_result else col(column)
        found: Expression = getattr(value, self.method)
        return found.distinct if self.distinct else found

    def _type(self, kind: str, scale: int) -> str:
        return str(self.result(kind, scale)).upper()


def _dispersion(function: Callable[[Sequence[float]], float], minimum: int) -> Callable[[list[Any]], Any]:
    return lambda values: function([float(value) for value in values]) if len(values) >= minimum else None


def _total(values: list[Any]) -> Any:
    if not values:
        return None
    return _float_sum(values) if isinstance(values[0], float) else sum(values)


def _mean(values: list[Any]) -> float | None:
    return _float_sum(values) / len(values) if values else None


def _float_sum(values: list[Any]) -> float:
    try:
        return math.fsum(values)
    except OverflowError:  # Flink's sum is infinite then
        return sum(map(float, values))


def _distinct_count(values: list[Any]) -> int:
    """In Flink, as in Java's Double.equals, one NaN equals another."""
    return len({None if value != value else value for value in values})


def _ordered(name: str, python: Callable[..., Any]) -> Aggregate:
    return Aggregate(name, name.lower(), lambda v: python(v, default=None), ORDERED, _same, in_result=False)


AGGREGATES: dict[str, Aggregate] = {
    "sum": Aggregate("SUM", "sum", _total, result=_sum),
    "mean": Aggregate("AVG", "avg", _mean),
    "min": _ordered("MIN", min),
    "max": _ordered("MAX", max),
    "count": Aggregate("COUNT", "count", len, None, _bigint, in_result=False),
    "distinct_count": Aggregate("COUNT", "count", _distinct_count, None, _bigint, in_result=False, distinct=True),
    "variance": Aggregate("VAR_SAMP", "var_samp", _dispersion(statistics.variance, 2)),
    "variance_population": Aggregate("VAR_POP", "var_pop", _dispersion(statistics.pvariance, 1)),
    "standard_deviation": Aggregate("STDDEV_SAMP", "stddev_samp", _dispersion(statistics.stdev, 2)),
    "standard_deviation_population": Aggregate("STDDEV_POP", "stddev_pop", _dispersion(statistics.pstdev, 1)),
}
