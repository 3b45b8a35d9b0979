"""What is special about MySQL and MariaDB before a job starts: their information schema, and their column types."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from penstock.connectors.base.finding import Finding
from penstock.connectors.config.columns import Columns
from penstock.connectors.config.types import Type
from penstock.connectors.jdbc.server import Rows, Statement
from penstock.connectors.jdbc.table import Column, Dialect, Existing, quoted

_THIS = """table_schema = IF(? = '', DATABASE(), ?) AND table_name = ?
AND (table_name = BINARY ? OR @@lower_case_table_names > 0)"""
_COLUMNS = f"""
SELECT column_name, data_type, column_type, is_nullable = 'YES', column_default IS NOT NULL, extra, collation_name
FROM information_schema.columns WHERE {_THIS} ORDER BY ordinal_position
"""
_KEYS = f"""
SELECT index_name, column_name, sub_part FROM information_schema.statistics WHERE {_THIS} AND non_unique = 0
"""
_ENGINE = f"""
SELECT t.engine FROM information_schema.tables t JOIN information_schema.engines e ON e.engine = t.engine
WHERE {_THIS} AND e.transactions <> 'YES'
"""
_DENIED = {"1142", "1143"}
"""The numbers of the errors when the user lacks a right on the table or on a column."""

_NEW = {
    "boolean": "boolean", "tinyint": "tinyint", "smallint": "smallint", "int": "int", "bigint": "bigint", "float": "float",
    "double": "double", "date": "date", "time": "time", "bytes": "longblob",
}  # fmt: skip
_TIMES = {"timestamp": "datetime", "timestamp_ltz": "datetime"}
_MOST_DIGITS = 6
"""Digits of a second that the server keeps."""

_LONGEST_IN_KEY, _USUAL_IN_KEY = 768, 255
"""Characters of a text in an index."""

_TEXT = "CHARACTER SET utf8mb4"
_EXACT = f"{_TEXT} /*M! COLLATE utf8mb4_nopad_bin */ /*!80017 COLLATE utf8mb4_0900_bin */"
"""A collation in which only identical texts are equal, by its name in MariaDB and in MySQL."""

_DIGITS = {"tinyint": 3, "smallint": 5, "mediumint": 7, "int": 10, "bigint": 19}
_ALLOWED = {
    "boolean": {"tinyint"}, "float": {"float", "double"}, "double": {"double"}, "decimal": {"decimal"}, "date": {"date"}, "time": {"time"},
    "bytes": {"varbinary", "tinyblob", "blob", "mediumblob", "longblob"}, "timestamp": {"datetime"},
    "timestamp_ltz": {"datetime", "timestamp"}, "array": {"json", "longtext"}, "map": {"json", "longtext"}, "row": {"json", "longtext"},
}  # fmt: skip
_FOR_TEXT = {"char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set", "json", "uuid"}
_SIZES = re.compile(r"\((\d+)(?:,(\d+))?\)")


class _Mysql(Dialect):
    name: ClassVar[str] = "MYSQL"
    driver: ClassVar[str] = "org.mariadb.jdbc.Driver"

    def jdbc_url(self, url: str) -> str:
        return f"jdbc:mariadb:{url.removeprefix('mysql:')}"

    def questions(self, table: Sequence[str], rows: Columns, key: Sequence[str]) -> list[Statement]:
        database, name = ("", *table)[-2:]
        this = (database, database, name, name)
        return [
            *(Statement(sql, this) for sql in (_COLUMNS, _KEYS, _ENGINE)),
            *(Statement(sql, may_fail=True) for sql in _rights(table, rows, key).values()),
        ]

    def existing(self, what: str, answers: Sequence[Rows], rows: Columns, key: Sequence[str]) -> Existing | None:
        described, keys, engine, *tried = answers
        if not described:
            return None
        columns = {
            str(name): Column(
                str(kind), str(shown), nullable == "1", default == "1" or "auto_increment" in str(extra), str(collation or ""),
                "auto_increment" in str(extra), " GENERATED" in str(extra),
            )
            for name, kind, shown, nullable, default, extra, collation in described
        }  # fmt: skip
        indexes: dict[str, frozenset[str]] = {}
        partial = {str(name) for name, column, size in keys if size is not None or column is None}
        for name, column, _ in keys:
            indexes[str(name)] = indexes.get(str(name), frozenset()) | {str(column)}
        return Existing(
            columns,
            {name: of for name, of in indexes.items() if name not in partial},
            [
                right
                for right, answer in zip(_rights([], rows, key), tried, strict=True)
                if answer and answer[0][0] in _DENIED
            ],
            [
                *_collations(what, columns, key),
                *_others(what, columns, indexes, rows, key),
                *_engine(what, engine, key),
            ],
        )

    def new(self, kind: Type, in_key: bool = False) -> str:
        if kind.is_text and in_key:
            size = kind.numbers[0] if kind.numbers and kind.numbers[0] <= _LONGEST_IN_KEY else _USUAL_IN_KEY
            return f"varchar({size}) {_EXACT}"
        if kind.is_text:
            return f"longtext {_TEXT}"
        if kind.name == "bytes" and in_key:
            return f"varbinary({_USUAL_IN_KEY})"
        if kind.name == "decimal":
            return f"decimal({kind.numbers[0]},{kind.numbers[1]})"
        if kind.name in _TIMES:
            return f"{_TIMES[kind.name]}({_digits(kind)})"
        return _NEW.get(kind.name, "json")

    def fits(self, kind: Type, column: Column) -> bool:
        if kind.is_text:
            return column.type in _FOR_TEXT
        if "unsigned" in column.shown:
            return False
        sizes = _SIZES.search(column.shown)
        if kind.name in _DIGITS and column.type in _DIGITS:
            return _DIGITS[column.type] >= _DIGITS[kind.name]
        if column.type == "decimal" and sizes and (kind.name in _DIGITS or kind.name == "decimal"):
            whole, scale = int(sizes[1]) - int(sizes[2] or 0), int(sizes[2] or 0)
            precision, wanted = kind.numbers or (_DIGITS[kind.name], 0)
            return scale >= wanted and whole >= precision - wanted
        if kind.name in _TIMES and column.type in _ALLOWED[kind.name]:
            return int(sizes[1] if sizes else 0) >= _digits(kind)
        return column.type in _ALLOWED.get(kind.name, ())


def _rights(table: Sequence[str], rows: Columns, key: Sequence[str]) -> Mapping[str, str]:
    """What the sink does, and a statement that needs the same right and changes nothing."""
    name = ".".join(map(quoted, table))
    names = ", ".join(map(quoted, rows.types))
    empty = f"INSERT INTO {name} ({names}) SELECT {', '.join('NULL' for _ in rows.types)} FROM DUAL WHERE FALSE"
    first = quoted(key[0]) if key else ""
    return {
        "INSERT": empty,
        **({"UPDATE": f"{empty} ON DUPLICATE KEY UPDATE {first} = VALUES({first})"} if key else {}),
        **({"DELETE": f"DELETE FROM {name} WHERE {first} IS NULL AND FALSE"} if rows.changelog else {}),
    }


def _collations(what: str, columns: Mapping[str, Column], key: Sequence[str]) -> Iterator[Finding]:
    """Compare the collations of texts in the key: rows with equal keys replace each other."""
    exact = "utf8mb4_nopad_bin in MariaDB, utf8mb4_0900_bin in MySQL"
    for name in key:
        collation = columns[name].collation if name in columns else ""
        text = f'the column "{name}" of the key has the collation {collation}, in which'
        if collation and not collation.endswith("_bin"):
            yield Finding(
                "bad", what, f'{text} different texts such as "a" and "A" can be equal', f"change it: {exact}"
            )
        elif collation and not re.search("nopad_bin$|0900_bin$", collation):
            yield Finding(
                "warn", what, f'{text} "a" and "a " are equal', f"change it if keys can end in spaces: {exact}"
            )


def _others(
    what: str, columns: Mapping[str, Column], indexes: Mapping[str, frozenset[str]], rows: Columns, key: Sequence[str]
) -> Iterator[Finding]:  # fmt: skip
    """Find unique indexes beside the key: a row would also replace the one that is equal there."""
    for name, of in indexes.items():
        new = any(column not in rows and column in columns and columns[column].counts_up for column in of)
        if key and not new and not set(key) <= of:
            text = f"beside the key it has the unique index {name} ({', '.join(sorted(of))}): rows would replace those that are equal there"
            yield Finding("bad", what, text, "remove the index, or write into a table without it")


def _engine(what: str, engine: Rows, key: Sequence[str]) -> Iterator[Finding]:
    if engine and not key:
        text = f"its engine {engine[0][0]} has no transactions: rows of a batch that fails would be there twice"
        yield Finding("bad", what, text, "change the engine to InnoDB, or set key")


def _digits(kind: Type) -> int:
    """Digits of a second."""
    return min(kind.numbers[0] if kind.numbers else 0, _MOST_DIGITS)


MYSQL = _Mysql()
"""MySQL and MariaDB."""
