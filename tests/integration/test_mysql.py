"""Jobs that write into a real MariaDB: each type, each row once, and what the server rejects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cli import penstock
from databases import EVERY_TYPE, dead_letters, values, write_job
from local_servers import running

from penstock.scripts.stack.mariadb import MariaDb

UPPER = {"map": {"function": "upper", "of": "name", "to": "name"}}

_job = partial(write_job, "mysql")


@pytest.fixture(scope="module")
def database() -> Iterator[MariaDb]:
    with running(MariaDb) as server:
        yield server


TYPES = {
    **EVERY_TYPE,
    "boolean": (True, "1"),
    "timestamp_ltz(3)": ("2026-03-29T01:30:00.5Z", "2026-03-29 01:30:00.500"),
    "timestamp_ltz(9)": ("2999-03-29T01:30:00.123456789Z", "2999-03-29 01:30:00.123456"),
    "bytes": ("AP8=", "00FF"),
    "array<string>": (["a", None], '["a",null]'),
    "map<string, int>": ({"a": 1}, '{"a":1}'),
    "row<a int, b string>": ({"a": 1, "b": "x"}, '{"a":1,"b":"x"}'),
}


@pytest.mark.slow
def test_a_value_of_each_type_and_null_arrive(database: MariaDb, tmp_path: Path) -> None:
    columns = {"id": "int", **{f"c{i}": kind for i, kind in enumerate(TYPES)}}
    rows: list[list[Any]] = [[1, *(value for value, _ in TYPES.values())], [2, *(None for _ in TYPES)]]
    upper = {"map": {"function": "upper", "of": "c1", "to": "c1"}}
    done = penstock(
        "run", _job(database, tmp_path, values(columns, *rows), upper, "every_type"), DB_PASSWORD=database.password
    )
    assert done.returncode == 0, done.stderr
    shown = {"boolean": "c{} + 0", "bytes": "HEX(c{})"}
    selected = ", ".join(shown.get(kind, "CAST(c{} AS CHAR)").format(i) for i, kind in enumerate(TYPES))
    first, second = database.query(f"SELECT {selected} FROM every_type ORDER BY id")
    assert first == [text for _, text in TYPES.values()]
    assert second == [None for _ in TYPES]


def test_the_last_row_of_a_key_stays_and_rejected_rows_are_dead_letters(database: MariaDb, tmp_path: Path) -> None:
    database.query("CREATE TABLE kept (id int PRIMARY KEY, name varchar(5) CHECK (name <> 'BAD'), n double)")
    rows: list[list[Any]] = [
        [1, "old", 1.5],
        [2, "bad", 1.5],
        [1, "new", 1.5],
        [None, "none", 1.5],
        [3, "longer", 1.5],
        [4, "nan", "NaN"],
        *([n, f"n{n}", None] for n in range(5, 3000)),
    ]
    source = values({"id": "int", "name": "string", "n": "double"}, *rows)
    file = _job(database, tmp_path, source, UPPER, "kept", key="id", on_error="dead_letter")
    done = penstock("run", file, DB_PASSWORD=database.password)
    assert done.returncode == 0, done.stderr
    assert "rows in 3,001, out 2,997, filtered 0, dead letters 4 (rejected 4)" in done.stderr
    assert database.query("SELECT count(*), min(name) FROM kept WHERE id <> 1") == [["2995", "N10"]]
    assert database.query("SELECT name FROM kept WHERE id = 1") == [["NEW"]]
    errors = {json.loads(one["row"])["name"]: one["error"] for one in dead_letters(tmp_path)}
    assert set(errors) == {"BAD", "NONE", "LONGER", "NAN"}
    assert errors["BAD"] == "CONSTRAINT `kept.name` failed for `penstock`.`kept` (SQLSTATE 23000)"
    assert "Data too long for column 'name'" in errors["LONGER"]


@pytest.mark.slow
def test_a_row_that_is_larger_than_the_server_accepts_is_rejected_and_not_tried_forever(
    database: MariaDb, tmp_path: Path
) -> None:
    database.query("SET GLOBAL max_allowed_packet = 1048576")
    rows = [{"id": n, "name": "x" * (2_000_000 if n == 7 else 100_000)} for n in range(30)]
    (tmp_path / "rows.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    source = {"files": {"path": "rows.jsonl", "columns": {"id": "int", "name": "string"}}}
    file = _job(database, tmp_path, source, UPPER, "large", key="id", on_error="dead_letter", retry_for="20 s")
    done = penstock("run", file, DB_PASSWORD=database.password)
    assert done.returncode == 0, done.stderr
    assert "out 29," in done.stderr
    assert database.query("SELECT count(*), sum(length(name)) FROM large") == [["29", "2900000"]]
    [letter] = dead_letters(tmp_path)
    assert "max_allowed_packet" in letter["error"]


@pytest.mark.slow
def test_upsert_rows_delete_and_replace(database: MariaDb, tmp_path: Path) -> None:
    """Keys of two columns, one of which is a text whose case and trailing spaces matter."""
    rows: list[list[Any]] = [["a", 1, 1], ["A", 1, 2], ["a ", 1, 3], ["a", 1, 4], ["a", 2, 5]]
    job = {"dedup": {"key": ["name", "kind"], "keep": "last", "ttl": "1 h"}}
    file = _job(
        database,
        tmp_path,
        values({"name": "string", "kind": "int", "n": "int"}, *rows),
        job,
        "newest",
        key=["name", "kind"],
    )
    done = penstock("run", file, DB_PASSWORD=database.password)
    assert done.returncode == 0, done.stderr
    assert sorted(database.query("SELECT CONCAT(name, '|'), kind, n FROM newest")) == [
        ["A|", "1", "2"],
        ["a |", "1", "3"],
        ["a|", "1", "4"],
        ["a|", "2", "5"],
    ]
