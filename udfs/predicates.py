"""Predicates on texts, in plain Python and as the expression that Flink runs. NULL fulfils no predicate.

Texts are compared by code point. A regular expression must mean the same in Python's `re` and in Java; any other is rejected.
"""

from __future__ import annotations

import operator
import re
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyflink.table.expression import Expression

_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "equals": operator.eq,
    "not_equals": operator.ne,
    "less_than": operator.lt,
    "at_most": operator.le,
    "greater_than": operator.gt,
    "at_least": operator.ge,
}
PREDICATES = ("starts_with", "contains", "ends_with", "matches", *_COMPARISONS)


def fulfils(predicate: str, value: str | None, operand: str) -> bool:
    """Whether the value fulfils the predicate. None fulfils no predicate."""
    if value is None:
        return False
    if predicate == "starts_with":
        return value.startswith(operand)
    if predicate == "contains":
        return operand in value
    if predicate == "ends_with":
        return value.endswith(operand)
    if predicate == "matches":
        return regex(operand).search(value) is not None
    return bool(_COMPARISONS[predicate](value, operand))


def expression(predicate: str, value: Expression, operand: str) -> Expression:
    """Return the Flink expression of a predicate. It is NULL for NULL. Raises ValueError like `regex`."""
    from pyflink.table.expressions import lit

    if predicate == "starts_with":
        return value.starts_with(lit(operand))
    if predicate == "contains":
        return lit(operand).position(value) > 0
    if predicate == "ends_with":
        return value.ends_with(lit(operand))
    if predicate == "matches":
        regex(operand)
        return value.regexp(lit(f"(?d){operand}"))
    result: Expression = _COMPARISONS[predicate](value, lit(operand))
    return result


_INSIDE_CLASS = re.compile(r"\[\^?(?:\\.|[^\]\\])*\]")
_NOT_IN_BOTH = re.compile(
    r"\\[dDwWsSbBnrtf.\\\[\](){}*+?^$|/-]"  # escapes with the same meaning in both are skipped
    r"|(?P<bad>\(\?(?!:|=|!|<=|<!)"  # inline flags, named and conditional groups have different syntax
    r"|\\"  # any other escape
    r"|[*+?}]\+"  # possessive quantifiers, which Python has only since 3.11
    r"|\{,)"  # {,3}, which Java rejects
)


def regex(pattern: str) -> re.Pattern[str]:
    """Compile a pattern. Raises ValueError if it is invalid, or does not mean the same in Python and Java; the text says what is wrong.

    `\\d \\w \\s \\b` match ASCII characters only. `.` matches any character but a line feed (Java runs with its flag `(?d)`).
    """
    if found := next((match for match in _NOT_IN_BOTH.finditer(pattern) if match["bad"]), None):
        text = pattern[found.start() : found.end() + (found[0] == "\\")]
        raise ValueError(f"{text} at character {found.start() + 1}, which differs between Python and Java")
    for inside in _INSIDE_CLASS.finditer(pattern):
        if "[" in re.sub(r"\\.", "", inside[0][1:]) or "&&" in inside[0]:
            raise ValueError(f"{inside[0]}, a character class with a [ or && that is not escaped")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return re.compile(pattern, re.ASCII)
    except (re.error, OverflowError, RecursionError, FutureWarning, DeprecationWarning) as problem:
        raise ValueError(f"an invalid regular expression: {problem}") from None
