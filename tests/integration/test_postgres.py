"""Jobs that write into a real PostgreSQL: each type, each row once, and what the server rejects."""

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

from penstock.scripts.stack.postgres import Postgres

UPPER = {"map": {"function": "upper", "of": "name", "to": "name"}}
DOUBLED = {"map": {"function": "double", "of": "id", "to": "twice"}}


@pytest.fixture(scope="module")
def database() -> Iterator[Postgres]:
    with running(Postgres) as server:
        yield server


_job = partial(write_job, "postgres")

TYPES = {
    **EVERY_TYPE,
    "boolean": (True, "t"),
    "timestamp_ltz(3)": ("2026-03-29T01:30:00.5Z", "2026-03-29 01:30:00.5+00"),
    "bytes": ("AP8=", "\\x00ff"),
    "array<string>": (["a", None], '["a", null]'),
    "map<string, int>": ({"a": 1}, '{"a": 1}'),
    "row<a int, b string>": ({"a": 1, "b": "x"}, '{"a": 1, "b": "x"}'),
}


@pytest.mark.slow
def test_a_value_of_each_type_and_null_arrive(database: Postgres, tmp_path: Path) -> None:
    columns = {"id": "int", **{f"c{i}": kind for i, kind in enumerate(TYPES)}}
    rows: list[list[Any]] = [[1, *(value for value, _ in TYPES.values())], [2, *(None for _ in TYPES)]]
    file = _job(
        database,
        tmp_path,
        values(columns, *rows),
        {"map": {"function": "upper", "of": "c1", "to": "c1"}},
        "every_type",
    )
    done = penstock("run", file, DB_PASSWORD=database.password)
    assert done.returncode == 0, done.stderr
    first, second = database.query("SET TIME ZONE 'UTC'", "SELECT * FROM every_type ORDER BY id")
    assert first == ["1", *(text for _, text in TYPES.values())]
    assert second == ["2", *(None for _ in TYPES)]


@pytest.mark.slow
def test_the_last_row_of_a_key_stays_and_rejected_rows_are_deaddead_letters(database: Postgres, tmp_path: Path) -> None:
    database.query("CREATE TABLE kept (id int PRIMARY KEY, name text CHECK (name <> 'BAD'))")
    rows: list[list[Any]] = [
        [1, "old"],
        [2, "bad"],
        [1, "new"],
        [None, "none"],
        [3, "zero\0"],
        *([n, f"n{n}"] for n in range(4, 3000)),
    ]
    file = _job(
        database,
        tmp_path,
        values({"id": "int", "name": "string"}, *rows),
        UPPER,
        "kept",
        key="id",
        on_error="dead_letter",
    )
    done = penstock("run", file, DB_PASSWORD=database.password)
    assert done.returncode == 0, done.stderr
    assert "rows in 3,001, out 2,998, filtered 0, dead letters 3 (rejected 3)" in done.stderr
    assert database.query("SELECT count(*), min(name) FROM kept WHERE id <> 1") == [["2996", "N10"]]
    assert database.query("SELECT name FROM kept WHERE id = 1") == [["NEW"]]
    letters = {json.loads(letter["row"])["name"]: letter for letter in dead_letters(tmp_path)}
    assert set(letters) == {"BAD", "NONE", "ZERO\0"}
    assert 'violates check constraint "kept_name_check"' in letters["BAD"]["error"]
    assert "(SQLSTATE 23514)" in letters["BAD"]["error"]
    assert {letter["reason"] for letter in letters.values()} == {"rejected"}
    assert {letter["step"] for letter in letters.values()} == {"sink_1"}


def test_a_rejected_row_fails_the_job_unless_the_job_file_says_otherwise(database: Postgres, tmp_path: Path) -> None:
    database.query("CREATE TABLE strict (id int PRIMARY KEY)")
    unchanged = {"dedup": {"key": "id", "ttl": "1 h"}}
    file = _job(database, tmp_path, values({"id": "int"}, [1], [None]), unchanged, "strict")
    done = penstock("run", file, DB_PASSWORD=database.password)
    assert done.returncode == 1
    assert 'null value in column "id" of relation "strict" violates not-null constraint' in done.stderr


def test_a_table_that_cannot_hold_the_rows_is_an_error_before_the_start(database: Postgres, tmp_path: Path) -> None:
    database.query("CREATE TABLE narrow (id smallint)")
    file = _job(database, tmp_path, values({"id": "int"}, [1]), DOUBLED, "narrow")
    done = penstock("run", file, DB_PASSWORD=database.password)
    assert done.returncode == 1
    assert (
        'sink postgres: table narrow: the column "id" has the type smallint, which cannot hold every int' in done.stderr
    )
    assert "rows in" not in done.stderr


def test_the_secret_must_exist_on_the_machine_that_runs_the_job(database: Postgres, tmp_path: Path) -> None:
    done = penstock("run", _job(database, tmp_path, values({"id": "int"}, [1]), DOUBLED, "secret"))
    assert done.returncode == 1
    assert "the secret ${env:DB_PASSWORD} is not set" in done.stderr


def test_doctor_shows_what_the_table_lacks(database: Postgres, tmp_path: Path) -> None:
    database.query("CREATE TABLE lacking (twice int)")
    file = _job(database, tmp_path, values({"id": "int"}, [1]), DOUBLED, "lacking")
    done = penstock("doctor", "--job", file, DB_PASSWORD=database.password)
    assert done.returncode == 1
    assert 'has no column "id"' in done.stdout
    assert database.password not in done.stdout + done.stderr
    without = penstock("doctor", "--job", file)
    assert "was not checked: the secret ${env:DB_PASSWORD} is not set" in without.stdout
