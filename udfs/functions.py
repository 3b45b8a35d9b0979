"""The functions that a `map` step names: each in plain Python and as the Flink expression that runs.

Both give NULL for NULL. Integers stay exact: the result's type is wide enough for every input, so nothing overflows.
Texts are changed by code point and by Unicode's own rules, whatever the machine's language.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyflink.table.expression import Expression

_TEXT = {"string": "string", "varchar": "string", "char": "string"}
_APPROXIMATE = {"float": "double", "double": "double"}
_SMALL = ("tinyint", "smallint", "int")


def _exact(bigint: str) -> dict[str, str]:
    """Results of arithmetic: small integers fit a bigint, bigints a decimal, the rest is double."""
    return {**dict.fromkeys(_SMALL, "bigint"), "bigint": bigint, **_APPROXIMATE}


@dataclass(frozen=True)
class Function:
    """A function of one value. `python` never sees None; `results` maps each type it takes to the type it gives."""

    help: str
    results: Mapping[str, str]
    python: Callable[[Any], Any]
    flink: Callable[[Expression], Expression]

    def __call__(self, value: Any) -> Any:
        return None if value is None else self.python(value)

    def expression(self, value: Expression, kind: str) -> Expression:
        """The expression for a value of type `kind`, computed in the result's own type."""
        from pyflink.table import DataTypes

        result = self.results[kind]
        wide = {"bigint": DataTypes.BIGINT(), "double": DataTypes.DOUBLE(), "int": DataTypes.INT()}
        decimal = re.fullmatch(r"decimal\((\d+), (\d+)\)", result)
        target = DataTypes.DECIMAL(int(decimal[1]), int(decimal[2])) if decimal else wide.get(result)
        if target is None:  # what is no number has one type only, which Flink knows
            return self.flink(value)
        if kind == "bigint":
            value = value.cast(DataTypes.DECIMAL(19, 0))
        elif kind not in _TEXT:
            value = value.cast(target)
        return self.flink(value).cast(target)


def _root(value: float) -> float:
    if value == -math.inf:  # Flink computes x ** 0.5, and Java's pow gives this
        return math.inf
    return math.nan if math.isnan(value) or value < 0 else math.sqrt(value)


def _twice(value: Expression) -> Expression:
    return value + value


def _square(value: Expression) -> Expression:
    return value * value


FUNCTIONS: dict[str, Function] = {
    "upper": Function("The text in upper case.", _TEXT, str.upper, lambda e: e.upper_case),
    "lower": Function("The text in lower case.", _TEXT, str.lower, lambda e: e.lower_case),
    "trim": Function("The text without spaces (U+0020) around it.", _TEXT, lambda v: v.strip(" "), lambda e: e.trim()),
    "length": Function("The number of code points.", dict.fromkeys(_TEXT, "int"), len, lambda e: e.char_length),
    "reverse": Function("The text's code points backwards.", _TEXT, lambda v: v[::-1], lambda e: e.reverse),
    "double": Function("Twice the number.", _exact("decimal(20, 0)"), lambda v: v + v, _twice),
    "square": Function("The number times itself.", _exact("decimal(38, 0)"), lambda v: v * v, _square),
    "absolute": Function("The number without its sign.", _exact("decimal(19, 0)"), abs, lambda e: e.abs),
    "negate": Function("The number with the other sign.", _exact("decimal(19, 0)"), lambda v: -v, lambda e: -e),
    "square_root": Function(
        "The square root; NaN below zero (and Infinity for -Infinity).", _APPROXIMATE, _root, lambda e: e.sqrt
    ),
}
