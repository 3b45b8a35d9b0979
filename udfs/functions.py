"""The built-in functions of the `map` step, each in plain Python and as the expression that Flink runs.

Both return NULL for NULL. Results of integers are exact: their type is wide enough for every input, so nothing overflows.
Texts are processed by code point and by the rules of Unicode, independent of the machine's locale.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyflink.table.expression import Expression

_TEXT = {"string": "string", "varchar": "string", "char": "string"}
_APPROXIMATE = {"float": "double", "double": "double"}
_SMALL = ("tinyint", "smallint", "int")
_TIMES = ("timestamp", "timestamp_ltz")
_SINCE_YEAR_1 = 719_162
"""Days from the first day of the year 1 to that of 1970."""


def _exact(bigint: str) -> dict[str, str]:
    """Result types of arithmetic: bigint for smaller integers, the decimal type `bigint` for bigint, and double for float and double."""
    return {**dict.fromkeys(_SMALL, "bigint"), "bigint": bigint, **_APPROXIMATE}


@dataclass(frozen=True)
class Function:
    """A function of one value."""

    help: str
    """One sentence for the documentation."""

    results: Mapping[str, str]
    """Name of the argument's type to type of the result, for all types that the function accepts."""

    python: Callable[[Any], Any]
    """Computes the function. The argument is never None."""

    flink: Callable[[Expression], Expression]
    """Returns the Flink expression that computes the function of an expression."""

    def __call__(self, value: Any) -> Any:
        return None if value is None else self.python(value)

    def expression(self, value: Expression, kind: str) -> Expression:
        """Return the Flink expression for a value whose type has the name `kind`, computed in the type of the result."""
        from pyflink.table import DataTypes

        result = self.results[kind]
        wide = {"bigint": DataTypes.BIGINT(), "double": DataTypes.DOUBLE(), "int": DataTypes.INT()}
        decimal = re.fullmatch(r"decimal\((\d+), (\d+)\)", result)
        target = DataTypes.DECIMAL(int(decimal[1]), int(decimal[2])) if decimal else wide.get(result)
        if target is None:  # not a number: the expression already has the type of the result
            return self.flink(value)
        if kind == "bigint":
            value = value.cast(DataTypes.DECIMAL(19, 0))
        elif kind not in (*_TEXT, *_TIMES):
            value = value.cast(target)
        return self.flink(value).cast(target)


def _root(value: float) -> float:
    if value == -math.inf:  # Flink computes x ** 0.5 with Java's pow, which returns Infinity here
        return math.inf
    return math.nan if math.isnan(value) or value < 0 else math.sqrt(value)


def _twice(value: Expression) -> Expression:
    return value + value


def _square(value: Expression) -> Expression:
    return value * value


def _in_utc(value: datetime) -> datetime:
    return value.astimezone(timezone.utc) if value.tzinfo else value


# Before 1970, Flink 2.3 rounds a timestamp up to the next day, and counts hours down from midnight.
def _date(value: Expression) -> Expression:
    from pyflink.table import DataTypes

    return value.cast(DataTypes.TIMESTAMP_LTZ(3)).cast(DataTypes.DATE())


def _hour(value: Expression) -> Expression:
    from pyflink.table import DataTypes
    from pyflink.table.expression import TimeIntervalUnit
    from pyflink.table.expressions import lit

    return (value.cast(DataTypes.TIMESTAMP(3)) + lit(_SINCE_YEAR_1).days).extract(TimeIntervalUnit.HOUR)


FUNCTIONS: dict[str, Function] = {
    "upper": Function("The text in upper case.", _TEXT, str.upper, lambda e: e.upper_case),
    "lower": Function("The text in lower case.", _TEXT, str.lower, lambda e: e.lower_case),
    "trim": Function(
        "The text without leading and trailing spaces (U+0020).", _TEXT, lambda v: v.strip(" "), lambda e: e.trim()
    ),
    "length": Function(
        "The number of code points of the text.", dict.fromkeys(_TEXT, "int"), len, lambda e: e.char_length
    ),
    "reverse": Function("The code points of the text in reverse order.", _TEXT, lambda v: v[::-1], lambda e: e.reverse),
    "double": Function("Twice the number.", _exact("decimal(20, 0)"), lambda v: v + v, _twice),
    "square": Function("The square of the number.", _exact("decimal(38, 0)"), lambda v: v * v, _square),
    "absolute": Function("The absolute value of the number.", _exact("decimal(19, 0)"), abs, lambda e: e.abs),
    "negate": Function("The number with the opposite sign.", _exact("decimal(19, 0)"), lambda v: -v, lambda e: -e),
    "square_root": Function(
        "The square root; NaN for negative numbers, except Infinity for -Infinity.",
        _APPROXIMATE,
        _root,
        lambda e: e.sqrt,
    ),
    "date": Function(
        "The date of the timestamp, in UTC.", dict.fromkeys(_TIMES, "date"), lambda v: _in_utc(v).date(), _date
    ),
    "hour": Function(
        "The hour of the timestamp, from 0 to 23, in UTC.",
        dict.fromkeys(_TIMES, "int"),
        lambda v: _in_utc(v).hour,
        _hour,
    ),
}
