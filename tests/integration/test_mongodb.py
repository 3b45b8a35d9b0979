"""Jobs that write documents with MongoDB's own driver, into an imitation of its server: mongo-java-server."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from cli import PENSTOCK, ROOT, penstock
from databases import NO_CHECKPOINTS, dead_letters, values
from document_server import document_server
from queues import broker, needs_rabbitmq, publish, waiting

from penstock.connectors.mongodb.sink import MongodbSink
from penstock.scripts.stack.processes import free_port

UPPER = {"map": {"function": "upper", "of": "name", "to": "name"}}


@pytest.fixture(scope="module")
def mongodb() -> Iterator[str]:
    with document_server() as url:
        yield url


def _job(folder: Path, url: str, collection: str, source: dict[str, Any], job: Any = UPPER, **keys: Any) -> Path:
    flink = keys.pop("flink", {"checkpoint": "1 s"})
    whole = {
        "name": "to-mongodb", "source": source, "job": job, "flink": flink,
        "sink": {"mongodb": {"url": url, "collection": collection, "create": True, **keys}},
        "dead_letters": {"files": {"path": "dead"}},
    }  # fmt: skip
    file = folder / "job.yaml"
    file.write_text(yaml.safe_dump(whole, sort_keys=False, allow_unicode=True))
    return file


def _documents(url: str, collection: str) -> list[dict[str, Any]]:
    found = MongodbSink.model_validate({"url": url, "collection": collection}).ask(read=True)["documents"]
    return [json.loads(one) for one in found]


def test_a_value_of_each_type_and_null_arrive(mongodb: str, tmp_path: Path) -> None:
    types: dict[str, tuple[Any, Any]] = {
        "string": ("Grüße 🦒 $a.b", "Grüße 🦒 $a.b"),
        "varchar(3)": ("abc", "ABC"),
        "boolean": (True, True),
        "tinyint": (-128, {"$numberInt": "-128"}),
        "smallint": (32767, {"$numberInt": "32767"}),
        "int": (-2147483648, {"$numberInt": "-2147483648"}),
        "bigint": (9223372036854775807, {"$numberLong": "9223372036854775807"}),
        "float": (0.1, {"$numberDouble": "0.1"}),
        "double": (1.5, {"$numberDouble": "1.5"}),
        "decimal(34, 4)": (
            "123456789012345678901234567890.1234",
            {"$numberDecimal": "123456789012345678901234567890.1234"},
        ),
        "date": ("1969-12-31", {"$date": {"$numberLong": "-86400000"}}),
        "time": ("23:59:00", "23:59:00"),
        "timestamp(3)": ("1969-12-31T23:59:59.999", {"$date": {"$numberLong": "-1"}}),
        "timestamp_ltz(3)": ("2026-01-01T00:00:00.001Z", {"$date": {"$numberLong": "1767225600001"}}),
        "bytes": ("AP8=", {"$binary": {"base64": "AP8=", "subType": "00"}}),
        "array<int>": ([1, None], [{"$numberInt": "1"}, None]),
        "map<string, double>": ({"a": 0.5}, {"a": {"$numberDouble": "0.5"}}),
        "row<x int, y array<string>>": ({"x": 1, "y": ["b"]}, {"x": {"$numberInt": "1"}, "y": ["b"]}),
    }
    columns = {f"c{n}": kind for n, kind in enumerate(types)}
    source = values({"id": "int", **columns}, [1, *(value for value, _ in types.values())], [2, *(None for _ in types)])
    job = {"map": {"function": "upper", "of": "c1", "to": "c1"}}
    done = penstock("run", _job(tmp_path, mongodb, "types", source, job, key="id"))
    assert done.returncode == 0, done.stderr
    first, second = sorted(_documents(mongodb, "types"), key=lambda one: str(one["_id"]))
    expected = [found for _, found in types.values()]
    assert first == {
        "_id": {"$numberInt": "1"}, "id": {"$numberInt": "1"}, **dict(zip(columns, expected, strict=True)),
    }  # fmt: skip
    assert second == {"_id": {"$numberInt": "2"}, "id": {"$numberInt": "2"}, **dict.fromkeys(columns)}


def test_the_last_row_of_a_key_stays_and_rejected_rows_are_dead_letters(mongodb: str, tmp_path: Path) -> None:
    columns = {"id": "int", "kind": "string", "name": "string"}
    rows: list[tuple[int | None, str, str]] = [
        (1, "a", "first"), (1, "a", "last"), (1, "b", "other"), (None, "a", "no key"), (2, "a", "x" * 17_000_000),
    ]  # fmt: skip
    lines = [json.dumps(dict(zip(columns, row, strict=True))) for row in rows]
    (tmp_path / "rows.jsonl").write_text("\n".join(lines))
    source = {"files": {"path": "rows.jsonl", "columns": columns}}
    job = _job(tmp_path, mongodb, "keyed", source, key=["id", "kind"], on_error="dead_letter")
    for _ in range(2):
        done = penstock("run", job)
        assert done.returncode == 0, done.stderr
        assert "out 3, filtered 0, dead letters 2" in done.stderr
    found = {(one["_id"]["id"]["$numberInt"], one["_id"]["kind"]): one["name"] for one in _documents(mongodb, "keyed")}
    assert found == {("1", "a"): "LAST", ("1", "b"): "OTHER"}
    errors = {one["error"] for one in dead_letters(tmp_path)}
    assert "a column of the key is NULL" in errors
    assert len(errors) == 2 and any("maximum" in one for one in errors)


def test_upsert_rows_replace_and_delete_documents(mongodb: str, tmp_path: Path) -> None:
    source = values({"id": "int", "name": "string"}, [1, "a"], [2, "b"], [1, "c"])
    dedup = {"dedup": {"key": "id", "keep": "last", "ttl": "1 d"}}
    done = penstock("run", _job(tmp_path, mongodb, "latest", source, dedup, key="id"))
    assert done.returncode == 0, done.stderr
    assert {one["id"]["$numberInt"]: one["name"] for one in _documents(mongodb, "latest")} == {"1": "c", "2": "b"}


def test_without_a_key_documents_are_added(mongodb: str, tmp_path: Path) -> None:
    job = _job(tmp_path, mongodb, "added", values({"id": "int", "name": "string"}, *([n, "a"] for n in range(2500))))
    for _ in range(2):
        done = penstock("run", job)
        assert done.returncode == 0, done.stderr
    found = _documents(mongodb, "added")
    assert len(found) == 5000 and all("$oid" in one["_id"] for one in found)


def test_a_collection_that_does_not_exist_is_an_error_before_the_start(mongodb: str, tmp_path: Path) -> None:
    source = values({"id": "int", "name": "string"}, [1, "a"])
    done = penstock("run", _job(tmp_path, mongodb, "absent", source, create=False))
    assert done.returncode == 1 and "rows in" not in done.stderr
    assert "sink mongodb: collection absent: does not exist" in done.stderr
    assert "set create: true" in done.stderr


@pytest.mark.slow
def test_a_server_that_is_down_is_reported_within_15_seconds(tmp_path: Path) -> None:
    url = f"mongodb://127.0.0.1:{free_port()}/penstock"
    begin = time.monotonic()
    done = penstock("run", _job(tmp_path, url, "x", values({"id": "int", "name": "string"}, [1, "a"])))
    assert time.monotonic() - begin < 15
    assert done.returncode == 1
    assert f"sink mongodb: server {url}: cannot be used: Timed out" in done.stderr
    assert "Connection refused" in done.stderr


@pytest.mark.slow
def test_rows_wait_for_a_server_that_restarts(tmp_path: Path) -> None:
    port = free_port()
    source = {
        "datagen": {
            "columns": {"id": "bigint", "name": "string"}, "fields": {"id": {"sequence": [1, 400]}}, "rows_per_second": 100,
        }
    }  # fmt: skip
    job = _job(
        tmp_path, f"mongodb://127.0.0.1:{port}/penstock", "kept", source, key="id", batch={"rows": 10, "interval": "100 ms"},
        flink=NO_CHECKPOINTS,
    )  # fmt: skip
    with document_server(port) as url:
        running = subprocess.Popen([PENSTOCK, "run", job], stderr=subprocess.PIPE, text=True)
        until = time.monotonic() + 60
        while not _documents(url, "kept") and time.monotonic() < until:
            time.sleep(0.2)
    time.sleep(2)
    with document_server(
        port
    ) as url:  # the imitation has lost what it had: what comes now was written after the restart
        told = running.communicate(timeout=120)[1]
        assert running.returncode == 0, told
        numbers = sorted(int(one["id"]["$numberLong"]) for one in _documents(url, "kept"))
    assert "out 400," in told
    assert numbers == list(range(numbers[0], 401)) and numbers[0] < 350


@pytest.mark.slow
@needs_rabbitmq
def test_the_shipped_job_from_a_queue_into_a_collection(mongodb: str, tmp_path: Path) -> None:
    with broker() as rabbit:
        names = ["ada", "grace", "alan", "oops"]
        bodies = [json.dumps({"id": n, "name": name}).encode() for n, name in enumerate(names)]
        publish(rabbit, "names", [(body, {"message_id": str(n)}) for n, body in enumerate([*bodies, b"not json"])])
        shipped = ROOT / "conf/jobs/names_rabbitmq_to_mongodb.yaml"
        own: dict[str, Any] = {
            "RABBITMQ": str(rabbit.address),
            "RABBITMQ_PASSWORD": rabbit.password,
            "MONGODB": mongodb,
        }
        done = penstock(
            "run", shipped, "--timeout", "6", "--set", f"dead_letters.files.path={tmp_path / 'dead'}", **own
        )
        assert done.returncode == 0, done.stderr
        assert "rows in 5, out 2, filtered 2, dead letters 1" in done.stderr
        assert waiting(rabbit, "names") == 0
    assert {one["_id"]["$numberLong"]: one["name"] for one in _documents(mongodb, "names")} == {"0": "ADA", "2": "ALAN"}
    assert [one["raw"] for one in dead_letters(tmp_path)] == ["bm90IGpzb24="]
