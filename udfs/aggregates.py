"""Aggregates of a column: in plain Python, and as the SQL that Flink runs. NULLs do not count.

Variance and standard deviation use Welford's method in Flink 2.x (B. P. Welford, Technometrics 4, 1962), and exact sums
here: they agree to about 1e-9 of the values' scale.
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
_INTEGERS = ("tinyint", "smallint", "int")
NUMBERS = (*_INTEGERS, "bigint", "float", "double", "decimal")
ORDERED = (*NUMBERS, "string", "varchar", "char", "date", "time", "timestamp", "timestamp_ltz", "boolean")


def _own(kind: str, scale: int) -> None:
    """The column's own type."""


def _counted(kind: str, scale: int) -> str:
    return "bigint"


def _double(kind: str, scale: int) -> str:
    return "double"


def _sum(kind: str, scale: int) -> str:
    """Sums of integers cannot overflow: bigint, and decimal for bigint."""
    if kind in _INTEGERS:
        return "bigint"
    return f"decimal(38, {scale})" if kind in ("bigint", "decimal") else "double"


@dataclass(frozen=True)
class Aggregate:
    """`sql` and `method` are its names in Flink's SQL and Table API; `python` computes it of values without None. `takes` are the column
    types that it takes (None: all), `result` gives the result's type for a column's type and scale (None: the column's own), `in_result`
    says that Flink must compute it in that type."""

    sql: str
    method: str
    python: Callable[[list[Any]], Any]
    takes: tuple[str, ...] | None = NUMBERS
    result: Callable[[str, int], str | None] = _double
    in_result: bool = True
    distinct: bool = False

    def compute(self, values: list[Any]) -> Any:
        """The aggregate of a column's values, None among them."""
        return self.python([value for value in values if value is not None])

    def to_sql(self, column: str, kind: str, scale: int = 0) -> str:
        """The SQL aggregate of a column of type `kind`, or of `*`."""
        if column == ROWS:
            return "COUNT(*)"
        value = f"CAST({sql.name(column)} AS {self._type(kind, scale)})" if self.in_result else sql.name(column)
        return f"{self.sql}({'DISTINCT ' if self.distinct else ''}{value})"

    def expression(self, column: str, kind: str, scale: int = 0) -> Expression:
        """The same as a Table API expression, for the count windows that SQL does not have."""
        from pyflink.table.expressions import call_sql, col, lit

        if column == ROWS:
            return lit(1).count
        value = call_sql(f"CAST({sql.name(column)} AS {self._type(kind, scale)})") if self.in_result else col(column)
        found: Expression = getattr(value, self.method)
        return found.distinct if self.distinct else found

    def _type(self, kind: str, scale: int) -> str:
        return str(self.result(kind, scale)).upper()


def _spread(function: Callable[[Sequence[float]], float], least: int) -> Callable[[list[Any]], Any]:
    return lambda values: function([float(value) for value in values]) if len(values) >= least else None


def _total(values: list[Any]) -> Any:
    if not values:
        return None
    return math.fsum(values) if isinstance(values[0], float) else sum(values)


def _mean(values: list[Any]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def _ordered(name: str, python: Callable[..., Any]) -> Aggregate:
    return Aggregate(name, name.lower(), lambda v: python(v, default=None), ORDERED, _own, in_result=False)


AGGREGATES: dict[str, Aggregate] = {
    "sum": Aggregate("SUM", "sum", _total, result=_sum),
    "mean": Aggregate("AVG", "avg", _mean),
    "min": _ordered("MIN", min),
    "max": _ordered("MAX", max),
    "count": Aggregate("COUNT", "count", len, None, _counted, in_result=False),
    "distinct_count": Aggregate(
        "COUNT", "count", lambda v: len(set(v)), None, _counted, in_result=False, distinct=True
    ),
    "variance": Aggregate("VAR_SAMP", "var_samp", _spread(statistics.variance, 2)),
    "variance_population": Aggregate("VAR_POP", "var_pop", _spread(statistics.pvariance, 1)),
    "standard_deviation": Aggregate("STDDEV_SAMP", "stddev_samp", _spread(statistics.stdev, 2)),
    "standard_deviation_population": Aggregate("STDDEV_POP", "stddev_pop", _spread(statistics.pstdev, 1)),
}
