"""Aggregates of a column: in plain Python, and as the SQL that Flink runs. NULLs do not count.

Variance and standard deviation use Welford's method in Flink 2.x (B. P. Welford, Technometrics 4, 1962), and exact sums
here: they agree to about 1e-9 of the values' scale.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from udfs import sql

if TYPE_CHECKING:
    from pyflink.table.expression import Expression

NAMES = (
    "sum",
    "mean",
    "min",
    "max",
    "count",
    "distinct_count",
    "variance",
    "variance_population",
    "standard_deviation",
    "standard_deviation_population",
)
ROWS = "*"
_INTEGERS = ("tinyint", "smallint", "int")
NUMBERS = (*_INTEGERS, "bigint", "float", "double", "decimal")
ORDERED = (*NUMBERS, "string", "varchar", "char", "date", "time", "timestamp", "timestamp_ltz", "boolean")
_SQL = {
    "sum": "SUM({})",
    "mean": "AVG({})",
    "min": "MIN({})",
    "max": "MAX({})",
    "count": "COUNT({})",
    "distinct_count": "COUNT(DISTINCT {})",
    "variance": "VAR_SAMP({})",
    "variance_population": "VAR_POP({})",
    "standard_deviation": "STDDEV_SAMP({})",
    "standard_deviation_population": "STDDEV_POP({})",
}
_METHODS = {
    "mean": "avg",
    "variance": "var_samp",
    "variance_population": "var_pop",
    "standard_deviation": "stddev_samp",
    "standard_deviation_population": "stddev_pop",
}


def takes(function: str) -> tuple[str, ...] | None:
    """The column types that a function takes; None for all."""
    if function in ("count", "distinct_count"):
        return None
    return ORDERED if function in ("min", "max") else NUMBERS


def result(function: str, kind: str, scale: int = 0) -> str | None:
    """The result's type; None for the column's own. Sums of integers cannot overflow: bigint, and decimal for bigint."""
    if function in ("count", "distinct_count"):
        return "bigint"
    if function in ("min", "max"):
        return None
    if function == "sum":
        if kind in _INTEGERS:
            return "bigint"
        if kind in ("bigint", "decimal"):
            return f"decimal(38, {scale})"
    return "double"


def to_sql(function: str, column: str, kind: str, scale: int = 0) -> str:
    """The SQL aggregate of a column of type `kind`, or of `*`."""
    if column == ROWS:
        return "COUNT(*)"
    value = sql.name(column)
    wanted = result(function, kind, scale)
    if function not in ("min", "max", "count", "distinct_count"):
        value = f"CAST({value} AS {str(wanted).upper()})"
    return _SQL[function].format(value)


def expression(function: str, column: str, kind: str, scale: int = 0) -> Expression:
    """The same as a Table API expression, for the count windows that SQL does not have."""
    from pyflink.table.expressions import call_sql, col, lit

    if column == ROWS:
        return lit(1).count
    value = col(column)
    if function not in ("min", "max", "count", "distinct_count"):
        value = call_sql(f"CAST({sql.name(column)} AS {str(result(function, kind, scale)).upper()})")
    if function == "distinct_count":
        return value.count.distinct
    found: Expression = getattr(value, _METHODS.get(function, function))
    return found


def _spread(function: Callable[[Sequence[float]], float], least: int) -> Callable[[list[Any]], Any]:
    return lambda values: function([float(value) for value in values]) if len(values) >= least else None


_PYTHON: dict[str, Callable[[list[Any]], Any]] = {
    "sum": lambda values: (math.fsum(values) if isinstance(values[0], float) else sum(values)) if values else None,
    "mean": lambda values: math.fsum(values) / len(values) if values else None,
    "min": lambda values: min(values, default=None),
    "max": lambda values: max(values, default=None),
    "count": len,
    "distinct_count": lambda values: len(set(values)),
    "variance": _spread(statistics.variance, 2),
    "variance_population": _spread(statistics.pvariance, 1),
    "standard_deviation": _spread(statistics.stdev, 2),
    "standard_deviation_population": _spread(statistics.pstdev, 1),
}


def compute(function: str, values: list[Any]) -> Any:
    """The aggregate of a column's values, None among them."""
    return _PYTHON[function]([value for value in values if value is not None])
