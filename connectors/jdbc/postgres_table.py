"""Compare a table of PostgreSQL with the rows that a job writes into it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from penstock.connectors.base.finding import Finding
from penstock.connectors.config.columns import Columns
from penstock.connectors.config.problems import nearest
from penstock.connectors.jdbc import postgres_types
from penstock.connectors.jdbc.server import DatabaseError, Rows, Server

_COLUMNS = """
SELECT a.attname, t.typname, format_type(a.atttypid, a.atttypmod), a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''
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


def compare(
    server: Server, table: Sequence[str], rows: Columns, key: Sequence[str], create: bool, prepare: bool
) -> Iterator[Finding]:
    """Compare the table, `[name]` or `[schema, name]`, with the rows. With `create` and `prepare`, first create it if it does not exist.

    Raises NotHere if a secret is not on this machine.
    """
    name = ".".join(map(_quoted, table))
    what = f"table {'.'.join(table)}"
    statements = [(_COLUMNS, [name]), (_KEYS, [name]), (_RIGHTS, [name, name])]
    try:
        columns, keys, rights = server.ask(*statements)
        if not columns and create and prepare:
            _, columns, keys, rights = server.ask((_new(name, rows, key), []), *statements)
    except DatabaseError as problem:
        yield Finding("bad", what, f"{problem.head}: {problem.found}", problem.do)
        return
    if not columns:
        do = "create the table, or set create: true"
        missing = Finding("bad", what, "does not exist", do)
        yield Finding("ok", what, "will be created when the job starts") if create else missing
        return
    problems = [*_columns(what, columns, rows), *_key(what, keys, key), *_rights(what, rights, rows, key)]
    yield from problems or [Finding("ok", what, f"has the {len(rows.types)} columns of the rows")]


def _columns(what: str, columns: Rows, rows: Columns) -> Iterator[Finding]:
    found = {str(row[0]): row for row in columns}
    for name, kind in rows.types.items():
        if name not in found:
            do = (
                nearest(name, found)
                or f'add the column: ALTER TABLE ... ADD COLUMN "{name}" {postgres_types.new(kind)}'
            )
            yield Finding("bad", what, f'has no column "{name}"', do)
            continue
        _, type_name, shown, _ = found[name]
        if not postgres_types.fits(kind, str(type_name), str(shown)):
            text = f'the column "{name}" has the type {shown}, which cannot hold every {kind}'
            yield Finding(
                "bad", what, text, f"change its type to {postgres_types.new(kind)}, or cast the column in the job"
            )
    for name, row in found.items():
        if name not in rows and row[3] == "t":
            text = f'the column "{name}" is NOT NULL without a default, and the rows do not have it'
            yield Finding("bad", what, text, "add the column to the rows, or a default to the table")


def _key(what: str, keys: Rows, key: Sequence[str]) -> Iterator[Finding]:
    unique: dict[str, set[str]] = {}
    for index, column in keys:
        unique.setdefault(str(index), set()).add(str(column))
    if key and set(key) not in unique.values():
        allowed = "; ".join(", ".join(sorted(one)) for one in unique.values()) or "no unique columns"
        text = f"key: [{', '.join(key)}] is neither its primary key nor a unique index ({allowed})"
        yield Finding("bad", what, text, "name the columns of a primary key or unique index, or create one")


def _rights(what: str, rights: Rows, rows: Columns, key: Sequence[str]) -> Iterator[Finding]:
    needed = {"INSERT", *(("SELECT", "UPDATE") if key else ()), *(("DELETE",) if rows.changelog else ())}
    if missing := [str(right) for right, granted in rights if granted == "f" and right in needed]:
        yield Finding(
            "bad",
            what,
            f"the user may not {', '.join(missing)}",
            f"GRANT {', '.join(missing)} ON the table to the user",
        )


def _new(name: str, rows: Columns, key: Sequence[str]) -> str:
    columns = [f"{_quoted(column)} {postgres_types.new(kind)}" for column, kind in rows.types.items()]
    columns += [f"PRIMARY KEY ({', '.join(map(_quoted, key))})"] if key else []
    return f"CREATE TABLE IF NOT EXISTS {name} ({', '.join(columns)})"


def _quoted(name: str) -> str:
    """Return the name as an identifier: a name with any characters."""
    return '"' + name.replace('"', '""') + '"'
