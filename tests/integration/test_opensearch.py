"""Jobs that write into a real OpenSearch: each type, each row once, and what the server rejects."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from cli import penstock
from databases import NO_CHECKPOINTS, dead_letters, values
from receiver import Answer, Request, receiving
from search_server import SearchServer, searching

_ALL = {"rows": 1000, "interval": "5 min"}  # a batch is also written after a second, and before each checkpoint
UPPER = {"map": {"function": "upper", "of": "name", "to": "name"}}


@pytest.fixture(scope="module")
def server() -> Iterator[SearchServer]:
    with searching() as started:
        yield started


def _job(folder: Path, url: str, source: dict[str, Any], job: Any, index: str, **keys: Any) -> Path:
    sink = {"url": url, "index": index, "create": True, **keys}
    whole = {
        "name": f"to-{index}", "source": source, "job": job, "sink": {"opensearch": sink},
        "dead_letters": {"files": {"path": "dead"}}, "flink": NO_CHECKPOINTS,
    }  # fmt: skip
    file = folder / f"{index}.yaml"
    file.write_text(yaml.safe_dump(whole, allow_unicode=True, sort_keys=False))
    return file


TYPES: dict[str, Any] = {
    "string": "Grüße 🦒 'quoted' \\",
    "boolean": True,
    "tinyint": -128,
    "smallint": 32767,
    "int": -2147483648,
    "bigint": 9223372036854775807,
    "float": 1.5,
    "double": 0.1,
    "decimal(10, 2)": 12345678.91,
    "date": "2026-01-01",
    "time": "23:59:59",
    "timestamp(3)": "1969-12-31T23:59:59.999",
    "timestamp_ltz(6)": "2026-03-29T01:30:00.123456Z",
    "bytes": "AP8=",
    "array<string>": ["a", None],
    "map<string, int>": {"a": 1},
    "row<a int, b string>": {"a": 1, "b": "x"},
}


@pytest.mark.slow
def test_a_value_of_each_type_and_null_arrive_in_an_index_with_their_types(
    server: SearchServer, tmp_path: Path
) -> None:
    columns = {"id": "int", "name": "string", **{f"c{i}": kind for i, kind in enumerate(TYPES)}}
    rows = [[1, "a", *TYPES.values()], [2, None, *(None for _ in TYPES)]]
    file = _job(tmp_path, server.url, values(columns, *rows), UPPER, "every-type", key="id")
    done = penstock("run", file)
    assert done.returncode == 0, done.stderr
    found = server.documents("every-type")
    assert [found["1"][f"c{i}"] for i in range(len(TYPES))] == list(TYPES.values())
    assert [found["2"][f"c{i}"] for i in range(len(TYPES))] == [None for _ in TYPES]
    mapped = server.ask("GET", "/every-type/_mapping")["every-type"]["mappings"]["properties"]
    types = [mapped[f"c{i}"].get("type", "object") for i in range(len(TYPES))]
    assert types == [
        "keyword", "boolean", "byte", "short", "integer", "long", "float", "double", "double", "date", "keyword", "date", "date",
        "binary", "keyword", "object", "object",
    ]  # fmt: skip
    assert penstock("run", file).returncode == 0
    assert set(server.documents("every-type")) == {"1", "2"}


def test_the_last_row_of_a_key_stays_and_rejected_rows_are_dead_letters(server: SearchServer, tmp_path: Path) -> None:
    server.ask("PUT", "/kept", {"mappings": {"properties": {"at": {"type": "date", "format": "strict_date"}}}})
    rows: list[list[Any]] = [
        [1, "old", "2026-01-01"],
        [2, "bad", "not a date"],
        [1, "new", "2026-01-02"],
        [None, "none", "2026-01-01"],
        *([n, f"n{n}", "2026-01-01"] for n in range(4, 3000)),
    ]
    source = values({"id": "int", "name": "string", "at": "string"}, *rows)
    file = _job(tmp_path, server.url, source, UPPER, "kept", key=["id"], on_error="dead_letter")
    done = penstock("run", file)
    assert done.returncode == 0, done.stderr
    assert "rows in 3,000, out 2,998, filtered 0, dead letters 2 (rejected 2)" in done.stderr
    found = server.documents("kept")
    assert len(found) == 2997
    assert found["1"] == {"id": 1, "name": "NEW", "at": "2026-01-02"}
    errors = {json.loads(one["row"])["name"]: one["error"] for one in dead_letters(tmp_path)}
    assert errors["NONE"] == "a column of the key is NULL"
    assert errors["BAD"].startswith("HTTP 400: mapper_parsing_exception: failed to parse field [at] of type [date]")
    assert len(errors) == 2


def test_upsert_rows_replace_documents_and_a_key_of_two_columns_is_one_id(server: SearchServer, tmp_path: Path) -> None:
    rows: list[list[Any]] = [["a", 1, 1], ["A", 1, 2], ["a", 1, 3], ["a", 2, 4]]
    job = {"dedup": {"key": ["name", "kind"], "keep": "last", "ttl": "1 h"}}
    source = values({"name": "string", "kind": "int", "n": "int"}, *rows)
    done = penstock("run", _job(tmp_path, server.url, source, job, "newest", key=["name", "kind"]))
    assert done.returncode == 0, done.stderr
    assert {id_: one["n"] for id_, one in server.documents("newest").items()} == {
        '["a",1]': 3,
        '["A",1]': 2,
        '["a",2]': 4,
    }


def test_without_a_key_the_server_chooses_the_ids(server: SearchServer, tmp_path: Path) -> None:
    source = values({"id": "int", "name": "string"}, [1, "a"], [1, "a"])
    done = penstock("run", _job(tmp_path, server.url, source, UPPER, "added"))
    assert done.returncode == 0, done.stderr
    found = server.documents("added")
    assert list(found.values()) == [{"id": 1, "name": "A"}] * 2
    assert not {"1", "A", "[]"} & set(found)


def test_an_index_that_does_not_exist_or_does_not_fit_is_an_error_before_the_start(
    server: SearchServer, tmp_path: Path
) -> None:
    source = values({"id": "int", "name": "string"}, [1, "a"])
    missing = penstock("run", _job(tmp_path, server.url, source, UPPER, "absent", create=False))
    assert missing.returncode == 1
    assert "sink opensearch: index absent: does not exist" in missing.stderr
    server.ask("PUT", "/narrow", {"mappings": {"properties": {"name": {"type": "long"}}}})
    unfit = penstock("run", _job(tmp_path, server.url, source, UPPER, "narrow"))
    assert unfit.returncode == 1
    assert 'the field "name" has the type long, which rejects values of string' in unfit.stderr
    assert "rows in" not in missing.stderr + unfit.stderr


def test_the_login_is_not_sent_to_where_a_server_redirects_and_a_wrong_one_is_not_shown(tmp_path: Path) -> None:
    source = values({"id": "int", "name": "string"}, [1, "a"])
    with receiving() as other, receiving(lambda request: Answer(302, "", {"Location": other.url})) as stub:
        url = stub.url.removesuffix("/rows")
        file = _job(tmp_path, url, source, UPPER, "x", token="${env:TOKEN}")
        redirected = penstock("run", file, TOKEN="battery")
        broken = penstock("run", file, TOKEN="battery\nstaple")
    assert "HTTP 302" in redirected.stderr
    assert "the value of a header has a line break" in broken.stderr and "staple" not in broken.stderr
    assert redirected.returncode == broken.returncode == 1
    assert len(stub.requests) == 1 and not other.requests


def test_only_the_rows_that_a_busy_server_did_not_take_are_sent_again(tmp_path: Path) -> None:
    """The answers are those of the bulk API; a real server is never busy for one row of a request."""
    seen: list[list[str]] = []

    def busy(request: Request) -> Answer:
        if request.method == "GET":
            return Answer(200, json.dumps({"x": {"mappings": {}}}))
        ids = [json.loads(line)["index"]["_id"] for line in request.body.splitlines()[::2]]
        seen.append(ids)
        first = len(seen) == 1
        items = [
            {"index": {"status": 429, "error": {"type": "rejected_execution_exception", "reason": "queue"}}}
            if first and int(one) % 2
            else {"index": {"status": 201}}
            for one in ids
        ]
        return Answer(200, json.dumps({"errors": first, "items": items}))

    with receiving(busy) as stub:
        url = stub.url.removesuffix("/rows")
        source = values({"id": "int", "name": "string"}, *([n, "a"] for n in range(10)))
        file = _job(tmp_path, url, source, UPPER, "x", key="id", headers={"Authorization": "${env:LOGIN}"}, batch=_ALL)
        done = penstock("run", file, LOGIN="ApiKey battery")
    assert done.returncode == 0, done.stderr
    assert seen == [[str(n) for n in range(10)], [str(n) for n in range(1, 10, 2)]]
    assert {one.headers["authorization"] for one in stub.requests} == {"ApiKey battery"}
    assert os.environ.get("LOGIN") is None and "battery" not in done.stderr + done.stdout
