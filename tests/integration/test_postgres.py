"""Jobs that write into a real PostgreSQL: each type, each row once, and what the server rejects."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml
from brokers import Stack
from cli import penstock
from kafka import KafkaProducer
from postgres import running

from penstock.scripts.stack.postgres import Database

UPPER = {"map": {"function": "upper", "of": "name", "to": "name"}}
DOUBLED = {"map": {"function": "double", "of": "id", "to": "twice"}}


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    with running() as server:
        yield server


def _job(database: Database, folder: Path, source: dict[str, Any], job: Any, table: str, **keys: Any) -> Path:
    sink = {
        "url": database.address,
        "table": table,
        "user": "penstock",
        "password": "${env:PG_PASSWORD}",
        "create": True,
    }
    file = folder / f"{table}.yaml"
    whole = {
        "name": table.replace("_", "-"), "source": source, "job": job, "sink": {"postgres": {**sink, **keys}},
        "dead_letters": {"files": {"path": "dead"}},
    }  # fmt: skip
    file.write_text(yaml.safe_dump(whole, allow_unicode=True, sort_keys=False))
    return file


def _values(columns: dict[str, str], *rows: list[Any]) -> dict[str, Any]:
    return {"values": {"columns": columns, "rows": list(rows)}}


def _letters(folder: Path) -> list[dict[str, Any]]:
    files = [file for file in sorted((folder / "dead").rglob("*")) if file.is_file() and not file.name.startswith(".")]
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


TYPES = {
    "string": ("Grüße 🦒 'quoted' \\", "Grüße 🦒 'quoted' \\"),
    "varchar(3)": ("abc", "abc"),
    "boolean": (True, "t"),
    "tinyint": (-128, "-128"),
    "smallint": (32767, "32767"),
    "int": (-2147483648, "-2147483648"),
    "bigint": (9223372036854775807, "9223372036854775807"),
    "float": (1.5, "1.5"),
    "double": (0.1, "0.1"),
    "decimal(38, 18)": ("12345678901234567890.123456789012345678", "12345678901234567890.123456789012345678"),
    "date": ("0001-01-01", "0001-01-01"),
    "time": ("23:59:59", "23:59:59"),
    "timestamp(3)": ("1969-12-31T23:59:59.999", "1969-12-31 23:59:59.999"),
    "timestamp_ltz(3)": ("2026-03-29T01:30:00.5Z", "2026-03-29 01:30:00.5+00"),
    "bytes": ("AP8=", "\\x00ff"),
    "array<string>": (["a", None], '["a", null]'),
    "map<string, int>": ({"a": 1}, '{"a": 1}'),
    "row<a int, b string>": ({"a": 1, "b": "x"}, '{"a": 1, "b": "x"}'),
}


def test_a_value_of_each_type_and_null_arrive(database: Database, tmp_path: Path) -> None:
    columns = {"id": "int", **{f"c{i}": kind for i, kind in enumerate(TYPES)}}
    rows: list[list[Any]] = [[1, *(value for value, _ in TYPES.values())], [2, *(None for _ in TYPES)]]
    file = _job(
        database,
        tmp_path,
        _values(columns, *rows),
        {"map": {"function": "upper", "of": "c1", "to": "c1"}},
        "every_type",
    )
    done = penstock("run", file, PG_PASSWORD=database.password)
    assert done.returncode == 0, done.stderr
    first, second = database.query("SET TIME ZONE 'UTC'", "SELECT * FROM every_type ORDER BY id")
    expected = [text.upper() if kind == "varchar(3)" else text for kind, (_, text) in TYPES.items()]
    assert first == ["1", *expected]
    assert second == ["2", *(None for _ in TYPES)]


def test_the_last_row_of_a_key_stays_and_rejected_rows_are_dead_letters(database: Database, tmp_path: Path) -> None:
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
        _values({"id": "int", "name": "string"}, *rows),
        UPPER,
        "kept",
        key="id",
        on_error="dead_letter",
    )
    done = penstock("run", file, PG_PASSWORD=database.password)
    assert done.returncode == 0, done.stderr
    assert "rows in 3,001, out 2,998, filtered 0, dead letters 3 (rejected 3)" in done.stderr
    assert database.query("SELECT count(*), min(name) FROM kept WHERE id <> 1") == [["2996", "N10"]]
    assert database.query("SELECT name FROM kept WHERE id = 1") == [["NEW"]]
    letters = {json.loads(letter["row"])["name"]: letter for letter in _letters(tmp_path)}
    assert set(letters) == {"BAD", "NONE", "ZERO\0"}
    assert 'violates check constraint "kept_name_check"' in letters["BAD"]["error"]
    assert "(SQLSTATE 23514)" in letters["BAD"]["error"]
    assert {letter["reason"] for letter in letters.values()} == {"rejected"}
    assert {letter["step"] for letter in letters.values()} == {"sink_1"}


def test_a_rejected_row_fails_the_job_unless_the_job_file_says_otherwise(database: Database, tmp_path: Path) -> None:
    database.query("CREATE TABLE strict (id int PRIMARY KEY)")
    unchanged = {"dedup": {"key": "id", "ttl": "1 h"}}
    file = _job(database, tmp_path, _values({"id": "int"}, [1], [None]), unchanged, "strict")
    done = penstock("run", file, PG_PASSWORD=database.password)
    assert done.returncode == 1
    assert 'null value in column "id" of relation "strict" violates not-null constraint' in done.stderr


def test_a_table_that_cannot_hold_the_rows_is_an_error_before_the_start(database: Database, tmp_path: Path) -> None:
    database.query("CREATE TABLE narrow (id smallint)")
    file = _job(database, tmp_path, _values({"id": "int"}, [1]), DOUBLED, "narrow")
    done = penstock("run", file, PG_PASSWORD=database.password)
    assert done.returncode == 1
    assert (
        'sink postgres: table narrow: the column "id" has the type smallint, which cannot hold every int' in done.stderr
    )
    assert "rows in" not in done.stderr


def test_the_secret_must_exist_on_the_machine_that_runs_the_job(database: Database, tmp_path: Path) -> None:
    done = penstock("run", _job(database, tmp_path, _values({"id": "int"}, [1]), DOUBLED, "secret"))
    assert done.returncode == 1
    assert "the secret ${env:PG_PASSWORD} is not set" in done.stderr


def test_doctor_shows_what_the_table_lacks(database: Database, tmp_path: Path) -> None:
    database.query("CREATE TABLE lacking (twice int)")
    file = _job(database, tmp_path, _values({"id": "int"}, [1]), DOUBLED, "lacking")
    done = penstock("doctor", "--job", file, PG_PASSWORD=database.password)
    assert done.returncode == 1
    assert 'has no column "id"' in done.stdout
    assert database.password not in done.stdout + done.stderr
    without = penstock("doctor", "--job", file)
    assert "was not checked: the secret ${env:PG_PASSWORD} is not set" in without.stdout


@pytest.mark.slow
def test_nothing_is_lost_or_twice_when_the_server_and_a_taskmanager_are_killed(
    stack: Stack, topic: Callable[..., str], database: Database
) -> None:
    sent = 20_000
    records = [(n % 2, None, json.dumps({"id": n, "name": f"n{n}"}).encode()) for n in range(sent)]
    name = topic("to-postgres", [], partitions=2)
    columns = {"id": "bigint", "name": "string"}
    source = {
        "kafka": {"bootstrap": stack.kafka, "topic": name, "group": "killed", "columns": columns, "start": "earliest"}
    }
    database.query("CREATE TABLE killed (id bigint PRIMARY KEY, name text NOT NULL CHECK (name <> 'N13'))")
    file = _job(
        database,
        stack.folder,
        source,
        UPPER,
        "killed",
        key="id",
        on_error="dead_letter",
        batch={"rows": 100, "interval": "100 ms"},
    )
    job = yaml.safe_load(file.read_text())
    job["flink"] = {"checkpoint": "1 s"}
    (stack.folder / "password").write_text(database.password)  # the environment of the TaskManagers does not have it
    job["sink"]["postgres"]["password"] = f"${{directory:{stack.folder}:password}}"
    job["dead_letters"] = {
        "kafka": {"bootstrap": stack.kafka, "topic": topic("to-postgres-dead"), "guarantee": "exactly_once"}
    }
    file.write_text(yaml.safe_dump(job, sort_keys=False))
    stack.json("submit", file)

    def feed() -> None:
        producer = KafkaProducer(bootstrap_servers=stack.kafka)
        for n, (partition, _, value) in enumerate(records):
            producer.send(name, partition=partition, value=value)
            if n % 1000 == 999:
                producer.flush()
                time.sleep(0.5)
        producer.close()

    feeder = threading.Thread(target=feed)
    feeder.start()
    try:
        stack.until(lambda: int(str(database.query("SELECT count(*) FROM killed")[0][0])) > 500)
        database.kill()
        stack.until(lambda: "sink_1 waits for its system to answer" in stack.penstock("status", "killed").stdout)
        database.start()
        before = database.query("SELECT count(*) FROM killed")
        stack.until(lambda: database.query("SELECT count(*) FROM killed") != before)
        stack.cluster.kill("taskmanager-1")
        time.sleep(1)
        stack.cluster.launch("taskmanager-1")
    finally:
        feeder.join()
    stack.until(lambda: database.query("SELECT count(*) FROM killed") == [[str(sent - 1)]], 120)
    expected = [[str(n), f"N{n}"] for n in range(sent) if n != 13]
    assert database.query("SELECT id, name FROM killed ORDER BY id") == expected
    stack.until(lambda: stack.json_any("status", "killed")["rows"]["out"] == sent - 1)
    rows = stack.json_any("status", "killed")["rows"]
    assert (rows["in"], rows["dead"]) == (sent, 1), rows
    with closing(KafkaProducer(bootstrap_servers=stack.kafka)) as producer:
        producer.send(name, value=json.dumps({"id": sent, "name": "n13"}).encode())
    stack.until(lambda: stack.json_any("status", "killed")["rows"]["dead"] == 2)
    time.sleep(1.5)  # a sink that waits is named after a second; one whose server rejected the last row does not wait
    assert "waits" not in stack.penstock("status", "killed").stdout
    stack.json("stop", "killed")
