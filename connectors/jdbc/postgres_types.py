"""Column types in PostgreSQL: which one a new table has, and which ones of an existing table can hold a column without a loss."""

from __future__ import annotations

import re

from penstock.connectors.config.types import Type

_NEW = {
    "string": "text", "char": "text", "varchar": "text", "boolean": "boolean", "tinyint": "smallint", "smallint": "smallint",
    "int": "integer", "bigint": "bigint", "float": "real", "double": "double precision", "date": "date", "bytes": "bytea",
}  # fmt: skip
_TIMES = {"time": "time", "timestamp": "timestamp", "timestamp_ltz": "timestamptz"}
_MOST_DIGITS = 6
"""Digits of a second that PostgreSQL keeps."""

_NOT_FOR_TEXT = {
    "bool", "int2", "int4", "int8", "float4", "float8", "numeric", "date", "time", "timetz", "timestamp", "timestamptz", "bytea",
    "interval", "money",
}  # fmt: skip
_ALLOWED = {
    "boolean": {"bool"}, "tinyint": {"int2", "int4", "int8", "numeric"}, "smallint": {"int2", "int4", "int8", "numeric"},
    "int": {"int4", "int8", "numeric"}, "bigint": {"int8", "numeric"}, "float": {"float4", "float8"}, "double": {"float8"},
    "decimal": {"numeric"}, "date": {"date"}, "bytes": {"bytea"}, "time": {"time"}, "timestamp": {"timestamp"},
    "timestamp_ltz": {"timestamptz"}, "array": {"json", "jsonb"}, "map": {"json", "jsonb"}, "row": {"json", "jsonb"},
}  # fmt: skip
_SIZES = re.compile(r"\((\d+)(?:,(-?\d+))?\)")


def new(kind: Type) -> str:
    """Return the type of the column in a new table."""
    if kind.name == "decimal":
        return f"numeric({kind.numbers[0]},{kind.numbers[1]})"
    if kind.name in _TIMES:
        return f"{_TIMES[kind.name]}({_digits(kind)})"
    return _NEW.get(kind.name, "jsonb")


def fits(kind: Type, name: str, shown: str) -> bool:
    """Return whether a column of the type `name` can hold every value. `shown` is the type with its sizes, such as `numeric(10,2)`."""
    if kind.is_text:
        return name not in _NOT_FOR_TEXT
    if name not in _ALLOWED[kind.name]:
        return False
    sizes = _SIZES.search(shown)
    if not sizes:
        return True
    if kind.name in _TIMES:
        return int(sizes[1]) >= _digits(kind)
    whole, scale = int(sizes[1]) - int(sizes[2] or 0), int(sizes[2] or 0)
    if kind.name == "decimal":
        precision, wanted = kind.numbers
        return scale >= wanted and whole >= precision - wanted
    return whole >= {"tinyint": 3, "smallint": 5, "int": 10, "bigint": 19}[kind.name]


def _digits(kind: Type) -> int:
    """Digits of a second; a time has none."""
    return min(kind.numbers[0] if kind.numbers else 0, _MOST_DIGITS)
