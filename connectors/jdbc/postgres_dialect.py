"""What is special about PostgreSQL before a job starts: its catalogue, and its column types."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from penstock.connectors.config.columns import Columns
from penstock.connectors.config.types import Type
from penstock.connectors.jdbc.server import Rows, Statement
from penstock.connectors.jdbc.table import Column, Dialect, Existing, quoted

_COLUMNS = """
SELECT a.attname, t.typname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef OR a.attidentity <> '',
  a.attgenerated <> '' OR a.attidentity = 'a'
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = to_regclass(?) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
_KEYS = """
SELECT i.indexrelid::text, a.attname
FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey[0:i.indnkeyatts - 1])
WHERE i.indrelid = to_regclass(?) AND i.indisunique AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL
"""
_RIGHTS = """
SELECT r, has_table_privilege(to_regclass(?), r) FROM unnest(ARRAY['INSERT', 'SELECT', 'UPDATE', 'DELETE']) AS r
WHERE to_regclass(?) IS NOT NULL
"""

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


class _Postgres(Dialect):
    name: ClassVar[str] = "POSTGRES"
    driver: ClassVar[str] = "org.postgresql.Driver"

    def jdbc_url(self, url: str) -> str:
        return f"jdbc:{url}"

    def questions(self, table: Sequence[str], rows: Columns, key: Sequence[str]) -> list[Statement]:
        name = ".".join(map(quoted, table))
        return [Statement(_COLUMNS, (name,)), Statement(_KEYS, (name,)), Statement(_RIGHTS, (name, name))]

    def existing(self, what: str, answers: Sequence[Rows], rows: Columns, key: Sequence[str]) -> Existing | None:
        columns, keys, rights = answers
        if not columns:
            return None
        unique: dict[str, frozenset[str]] = {}
        for index, column in keys:
            unique[str(index)] = unique.get(str(index), frozenset()) | {str(column)}
        needed = {"INSERT", *(("SELECT", "UPDATE") if key else ()), *(("DELETE",) if rows.changelog else ())}
        return Existing(
            {
                str(name): Column(str(kind), str(shown), not_null == "f", filled == "t", generated=generated == "t")
                for name, kind, shown, not_null, filled, generated in columns
            },
            unique,
            [str(right) for right, granted in rights if granted == "f" and right in needed],
        )

    def new(self, kind: Type, in_key: bool = False) -> str:
        if kind.name == "decimal":
            return f"numeric({kind.numbers[0]},{kind.numbers[1]})"
        if kind.name in _TIMES:
            return f"{_TIMES[kind.name]}({_digits(kind)})"
        return _NEW.get(kind.name, "jsonb")

    def fits(self, kind: Type, column: Column) -> bool:
        if kind.is_text:
            return column.type not in _NOT_FOR_TEXT
        if column.type not in _ALLOWED[kind.name]:
            return False
        sizes = _SIZES.search(column.shown)
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


POSTGRES = _Postgres()
"""PostgreSQL."""
