"""The parts of the records that a Kafka sink writes: value, key, headers and timestamp, read back from a real broker."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cli import penstock
from hypothesis import given
from hypothesis import strategies as st

from penstock.connectors.config.columns import Columns
from penstock.connectors.config.problems import Problem
from penstock.connectors.config.types import parse
from penstock.connectors.kafka.preflight import admin
from penstock.connectors.kafka.record import RecordColumns
from penstock.connectors.kafka.sink import KafkaSink
from penstock.jobs.pipeline.operator_uids import stable
from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts.jvm import gateway
from penstock.scripts.local.mini_cluster import MiniCluster

COLUMNS = {
    "id": "string",
    "n": "int",
    "trace": "string",
    "code": "varchar(9)",
    "data": "bytes",
    "at": "timestamp_ltz(3)",
}
AT = "2026-01-31T12:00:00.123Z"
MILLIS = 1769860800123
ROWS: list[list[Any]] = [["a", 1, "t1", "ü", "AP8=", AT], ["b", 2, None, "", None, None]]
Committed = Callable[..., list[Any]]


def _config(rows: list[list[Any]], written: dict[str, Any], **more: Any) -> dict[str, Any]:
    columns = more.pop("columns", COLUMNS)
    config = {
        "name": "records",
        "source": {"values": {"columns": columns, "rows": rows}},
        "job": {"map": {"function": "upper", "of": "id", "to": "id"}},
        "sink": {"kafka": written},
        "flink": {"checkpoint": "1 s"},
    }
    return {**config, **more}


def _pipeline(rows: list[list[Any]], written: dict[str, Any], **more: Any) -> Pipeline:
    made = Pipeline.model_validate(_config(rows, written, **more))
    assert made.problems() == []
    return made


@pytest.mark.parametrize("guarantee", ["exactly_once", "at_least_once"])
def test_headers_and_timestamp_are_written_and_a_null_is_neither(
    cluster: MiniCluster, kafka: str, topic: Callable[..., str], committed: Committed, guarantee: str
) -> None:
    name = topic(f"records-{guarantee}")
    headers = {"trace": "trace", "x-code": "code", "data": "data"}
    sink = {"bootstrap": kafka, "topic": name, "guarantee": guarantee, "headers": headers, "timestamp": "at"}
    cluster.run(_pipeline(ROWS, sink))
    first, second = sorted(committed(name), key=lambda record: record.value)
    assert first.headers == [("trace", b"t1"), ("x-code", "ü".encode()), ("data", b"\x00\xff")]
    assert second.headers == [("x-code", b"")]
    assert first.timestamp == MILLIS
    assert abs(second.timestamp - MILLIS) > 1000  # the time of writing
    assert json.loads(first.value) == dict(zip(COLUMNS, ["A", *ROWS[0][1:]], strict=True))


@pytest.mark.parametrize(
    ("key", "value", "keys", "values"),
    [
        (["id"], ["n"], [b"A", b"B"], [{"n": 1}, {"n": 2}]),
        (["n"], ["id"], [b'{"n":1}', b'{"n":2}'], [{"id": "A"}, {"id": "B"}]),
        (["id"], ["n", "id"], [b"A", b"B"], [{"n": 1, "id": "A"}, {"n": 2, "id": "B"}]),
        (
            ["id", "n"],
            ["n", "code"],
            [b'{"id":"A","n":1}', b'{"id":"B","n":2}'],
            [{"n": 1, "code": "ü"}, {"n": 2, "code": ""}],
        ),
        (None, ["code"], [None, None], [{"code": ""}, {"code": "ü"}]),
    ],
    ids=["apart", "a-number-apart", "within", "overlapping", "no-key"],
)
def test_key_and_value_have_the_columns_of_the_job_file(
    cluster: MiniCluster, kafka: str, topic: Callable[..., str], committed: Committed,
    key: list[str] | None, value: list[str], keys: list[bytes | None], values: list[dict[str, Any]],
) -> None:  # fmt: skip
    name = topic(f"records-{'-'.join(key or ['none'])}-{'-'.join(value)}")
    sink = {
        "bootstrap": kafka,
        "topic": name,
        "value": value,
        "headers": {"t": "trace"},
        **({"key": key} if key else {}),
    }
    cluster.run(_pipeline(ROWS, sink))
    records = sorted(committed(name), key=lambda record: (record.key or b"", record.value))
    assert [record.key for record in records] == keys
    assert [json.loads(record.value) for record in records] == values
    assert sorted(record.headers for record in records) == [[], [("t", b"t1")]]


def test_headers_and_timestamps_of_any_text_are_read_back_by_the_source(
    cluster: MiniCluster, kafka: str, topic: Callable[..., str]
) -> None:
    name = topic("records-any")
    texts = ["", " ", "ü", "\x00", "𝄞", "a" * 9, "1", '"']
    rows = [[str(n), n, text, text[:9], None, AT] for n, text in enumerate(texts)]
    sink = {
        "bootstrap": kafka,
        "topic": name,
        "value": ["n"],
        "headers": {"trace": "trace", "c": "code"},
        "timestamp": "at",
    }
    cluster.run(_pipeline(rows, sink))
    source = {
        "bootstrap": kafka, "topic": name, "group": "g", "start": "earliest", "until": "latest", "columns": {"n": "int"},
        "envelope": {"headers": "found", "timestamp": "written"},
    }  # fmt: skip
    read = _pipeline([], {"bootstrap": kafka, "topic": name}, source={"kafka": source}, sink={"console": {}},
                     job={"map": {"function": "double", "of": "n", "to": "twice"}})  # fmt: skip
    found = {row["n"]: row for row in cluster.run(read).rows()}
    for n, text in enumerate(texts):
        coded = base64.b64encode(text.encode()).decode()
        assert (found[n]["found"], found[n]["written"]) == ({"trace": coded, "c": coded}, AT)


@pytest.mark.slow
def test_a_timestamp_before_1970_fails_the_job_or_is_a_dead_letter(
    cluster: MiniCluster, kafka: str, topic: Callable[..., str], committed: Committed, tmp_path: Path
) -> None:
    name, dead = topic("records-1969"), topic("records-1969.dead")
    rows = [["a", 1, None, None, None, "1969-12-31T23:59:59.999Z"], ["b", 2, None, None, None, "1970-01-01T00:00:00Z"]]
    sink = {"bootstrap": kafka, "topic": name, "timestamp": "at", "guarantee": "exactly_once"}
    with pytest.raises(Exception, match="Timestamp should always be non-negative"):
        cluster.run(_pipeline(rows, sink))
    assert committed(name) == []
    config = _config(
        rows, {**sink, "on_error": "dead_letter"}, dead_letters={"kafka": {"bootstrap": kafka, "topic": dead}}
    )
    (tmp_path / "job.yaml").write_text(json.dumps(config))
    done = penstock("run", tmp_path / "job.yaml")
    assert "rows in 2, out 1, filtered 0, dead letters 1 (rejected 1)" in done.stderr, done.stderr
    assert [record.timestamp for record in committed(name)] == [0]
    [letter] = [json.loads(record.value) for record in committed(dead)]
    assert (letter["reason"], letter["error"], letter["step"]) == ("rejected", "at is before 1970", "sink_1")
    assert json.loads(letter["row"])["id"] == "A"


def test_a_dead_letter_of_the_sink_has_its_origin_and_other_sinks_receive_the_row(
    cluster: MiniCluster, kafka: str, topic: Callable[..., str], committed: Committed
) -> None:
    records = [(0, b"k", b'{"id": "a", "at": "1960-01-01T00:00:00Z"}')]
    origin, dead = topic("records-origin", records), topic("records-origin.dead")
    first, second = topic("records-origin-1"), topic("records-origin-2")
    source = {
        "bootstrap": kafka, "topic": origin, "group": "g", "start": "earliest", "until": "latest",
        "columns": {"id": "string", "at": "timestamp_ltz(3)"},
    }  # fmt: skip
    strict = {"bootstrap": kafka, "topic": first, "timestamp": "at", "on_error": "dead_letter"}
    sinks = [{"kafka": strict}, {"kafka": {"bootstrap": kafka, "topic": second}}]
    dead_letters = {"kafka": {"bootstrap": kafka, "topic": dead}}
    cluster.run(_pipeline([], {}, source={"kafka": source}, sink=sinks, dead_letters=dead_letters))
    assert committed(first) == []
    assert [json.loads(record.value)["id"] for record in committed(second)] == ["A"]
    [letter] = [json.loads(record.value) for record in committed(dead)]
    assert (letter["source"], letter["offset"], letter["key"]) == (origin, 0, "aw==")


def test_upsert_rows_have_headers_a_key_apart_and_no_operator_that_keeps_every_row(
    cluster: MiniCluster, kafka: str, topic: Callable[..., str], committed: Committed
) -> None:
    name = topic("records-upsert")
    sink = {
        "bootstrap": kafka,
        "topic": name,
        "key": ["id", "n"],
        "value": ["n", "code"],
        "headers": {"t": "trace"},
        "timestamp": "at",
    }
    rows = [["a", 1, text, text, None, AT] for text in "xyz"]
    columns = {**COLUMNS, "id": "string not null", "n": "int not null"}
    pipeline = _pipeline(
        rows, sink, columns=columns, job={"dedup": {"key": ["id", "n"], "keep": "last", "ttl": "never"}}
    )
    env = gateway.environment(pipeline.configuration(), False)
    _, operators = stable(pipeline.compose(env).compile_plan().as_json_string(), pipeline.connector_kinds())
    assert "sink sink_1 kafka" in [
        operator.means for operator in operators
    ]  # otherwise: sink sink_1 kafka materialized
    cluster.run(pipeline)
    last = committed(name)[-1]
    assert (last.key, json.loads(last.value)) == (b'{"id":"a","n":1}', {"n": 1, "code": "z"})
    assert (last.headers, last.timestamp) == ([("t", b"z")], MILLIS)


ROW_TYPES = Columns({name: parse(kind) for name, kind in COLUMNS.items()})


@pytest.mark.parametrize(
    ("config", "path", "found"),
    [
        ({"value": ["id", "m"]}, ("value", 1), '"m", which is not a column here'),
        ({"headers": {"t": "tracé"}}, None, "which is not a column name"),
        ({"headers": {"t": "m"}}, ("headers", "t"), '"m", which is not a column here'),
        ({"headers": {"t": "n"}}, ("headers", "t"), 'column "n" of type int'),
        ({"headers": {"t": "at"}}, ("headers", "t"), 'column "at" of type timestamp_ltz(3)'),
        ({"timestamp": "m"}, ("timestamp",), '"m", which is not a column here'),
        ({"timestamp": "n"}, ("timestamp",), 'column "n" of type int'),
        ({"on_error": "dead_letter"}, ("on_error",), "dead_letter, and this sink rejects no rows"),
    ],
    ids=str,
)
def test_columns_that_a_record_cannot_have_are_errors(
    config: dict[str, Any], path: tuple[str | int, ...] | None, found: str
) -> None:
    if path is None:
        with pytest.raises(ValueError, match=found):
            KafkaSink.model_validate({"bootstrap": "b:1", "topic": "t", **config})
        return
    sink = KafkaSink.model_validate({"bootstrap": "b:1", "topic": "t", **config})
    with pytest.raises(Problem) as caught:
        sink.check(ROW_TYPES)
    assert (caught.value.path, caught.value.found) == (path, found)


@pytest.mark.parametrize("kind", ["string", "char(3)", "varchar(3)", "bytes", "string not null"])
def test_every_text_and_bytes_can_be_a_header(kind: str) -> None:
    RecordColumns(Columns({"c": parse(kind)}), headers={"h": "c"}).check()


@pytest.mark.parametrize("kind", ["int", "bigint", "double", "decimal(9,2)", "boolean", "date", "time", "timestamp(3)",
                                  "timestamp_ltz(3)", "array<string>", "map<string, bytes>", "row<a string>"])  # fmt: skip
def test_no_other_type_can_be_a_header(kind: str) -> None:
    with pytest.raises(Problem, match=r"a text or bytes column"):
        RecordColumns(Columns({"c": parse(kind)}), headers={"h": "c"}).check()


def test_the_format_is_checked_for_the_columns_of_the_value_only() -> None:
    rows = Columns({"a": parse("string"), "m": parse("map<string, string>")})
    KafkaSink.model_validate({"bootstrap": "b:1", "topic": "t", "format": "csv", "value": "a"}).check(rows)
    with pytest.raises(Problem):
        KafkaSink.model_validate({"bootstrap": "b:1", "topic": "t", "format": "csv"}).check(rows)


def test_a_key_that_is_not_in_the_value_has_types_that_json_can_express() -> None:
    rows = Columns({"a": parse("string"), "m": parse("map<int, string>")})
    with pytest.raises(Problem, match="keys are of type int") as caught:
        KafkaSink.model_validate({"bootstrap": "b:1", "topic": "t", "value": "a", "key": "m"}).check(rows)
    assert caught.value.path == ("key",)


def test_upsert_rows_are_no_dead_letters() -> None:
    rows = Columns({"id": parse("string"), "at": parse("timestamp_ltz(3)")}, changelog=True, key=("id",))
    config = {"bootstrap": "b:1", "topic": "t", "key": "id", "timestamp": "at", "on_error": "dead_letter"}
    with pytest.raises(Problem, match="upsert rows"):
        KafkaSink.model_validate(config).check(rows)


@pytest.mark.parametrize("more", [{"value": ["row"]}, {"headers": {"r": "reason"}}, {"timestamp": "at"}], ids=str)
def test_dead_letters_have_all_columns_in_the_value(more: dict[str, Any]) -> None:
    with pytest.raises(Problem, match="for dead letters"):
        KafkaSink.model_validate({"bootstrap": "b:1", "topic": "t", **more}).check_dead_letters([])


@given(st.lists(st.sampled_from("abc"), unique=True), st.lists(st.sampled_from("abc"), unique=True, min_size=1))
def test_the_table_has_each_column_of_key_and_value_once(key: list[str], value: list[str]) -> None:
    """Flink encodes as the value either every column of the table, or every one that is not in the key."""
    record = RecordColumns(Columns({name: parse("int") for name in "abc"}), value, key)
    columns = list(record.table_rows().types)
    in_value = [name for name in columns if not record.apart or name not in record.table_key]
    assert in_value == value
    assert len(columns) == len(set(columns))
    assert [name.removeprefix("penstock_key_") for name in record.table_key] == key
    assert set(record.table_key) <= set(columns)


KINDS = [["a", 1, "orders", "x", None, AT], ["b", 2, "refunds", None, None, AT], ["c", 3, "other", "x", None, AT],
         ["d", 4, None, None, None, AT], ["e", 5, "order", None, None, AT]]  # fmt: skip


@pytest.mark.parametrize("guarantee", ["exactly_once", "at_least_once"])
def test_each_row_goes_to_the_topic_of_its_column_or_to_the_dead_letters(
    cluster: MiniCluster, kafka: str, topic: Callable[..., str], committed: Committed, tmp_path: Path, guarantee: str
) -> None:
    orders, refunds, dead = (topic(f"by-column-{guarantee}-{name}") for name in ("orders", "refunds", "dead"))
    allowed = {"orders": orders, "refunds": refunds}
    rows = [[*row[:2], allowed.get(str(row[2]), row[2]), *row[3:]] for row in KINDS]
    sink = {
        "bootstrap": kafka, "topic": {"column": "trace", "allowed": [orders, refunds]}, "guarantee": guarantee,
        "on_error": "dead_letter", "value": "n", "headers": {"code": "code"}, "timestamp": "at", "key": "id",
    }  # fmt: skip
    before = _topics(kafka)
    config = _config(rows, sink, dead_letters={"kafka": {"bootstrap": kafka, "topic": dead}})
    (tmp_path / "job.yaml").write_text(json.dumps(config))
    done = penstock("run", tmp_path / "job.yaml")
    assert "rows in 5, out 2, filtered 0, dead letters 3 (rejected 3)" in done.stderr, done.stderr
    [order], [refund] = committed(orders), committed(refunds)
    assert (order.key, order.value, order.headers, order.timestamp) == (b"A", b'{"n":1}', [("code", b"x")], MILLIS)
    assert (refund.key, refund.value, refund.headers, refund.timestamp) == (b"B", b'{"n":2}', [], MILLIS)
    letters = [json.loads(record.value) for record in committed(dead)]
    one_of = f"and not one of {orders}, {refunds}"
    assert {json.loads(letter["row"])["n"]: letter["error"] for letter in letters} == {
        3: f'trace is "other", {one_of}', 4: f"trace is NULL, {one_of}", 5: f'trace is "order", {one_of}'
    }  # fmt: skip
    assert {letter["reason"] for letter in letters} == {"rejected"}
    assert _topics(kafka) == before


@pytest.mark.parametrize(
    ("wrong", "text"), [("by-column-other", "but was: by-column-other"), (None, r"but was: NULL \(no topic\)")], ids=str
)
def test_a_topic_that_is_not_allowed_fails_the_job_and_is_not_created(
    cluster: MiniCluster, kafka: str, topic: Callable[..., str], committed: Committed, wrong: str | None, text: str
) -> None:
    allowed = [topic(f"by-column-{wrong}-{n}") for n in range(2)]
    before = _topics(kafka)
    sink = {"bootstrap": kafka, "topic": {"column": "trace", "allowed": allowed}, "guarantee": "exactly_once"}
    rows = [["a", 1, allowed[0], None, None, AT], ["b", 2, wrong, None, None, AT]]
    with pytest.raises(Exception, match=text):
        cluster.run(_pipeline(rows, sink))
    assert [committed(name, open_transactions=True) for name in allowed] == [[], []]
    assert _topics(kafka) == before


def test_a_topic_and_a_timestamp_that_cannot_be_written_are_one_dead_letter(
    cluster: MiniCluster, kafka: str, topic: Callable[..., str], committed: Committed
) -> None:
    first, second, dead = (topic(f"both-{name}") for name in ("first", "second", "dead"))
    early = "1969-01-01T00:00:00Z"
    rows = [["a", 1, "x", None, None, early], ["b", 2, first, None, None, early], ["c", 3, first, None, None, None],
            ["d", 4, None, None, None, None]]  # fmt: skip
    sink = {
        "bootstrap": kafka, "topic": {"column": "trace", "allowed": [first, second]}, "timestamp": "at",
        "on_error": "dead_letter", "value": "n",
    }  # fmt: skip
    dead_letters = {"kafka": {"bootstrap": kafka, "topic": dead}}
    cluster.run(_pipeline(rows, sink, dead_letters=dead_letters))
    assert [record.value for record in committed(first)] == [b'{"n":3}']
    errors = {json.loads(one["row"])["n"]: one["error"] for one in (json.loads(r.value) for r in committed(dead))}
    assert {n: error.partition(", ")[0] for n, error in errors.items()} == {
        1: 'trace is "x"', 2: "at is before 1970", 4: "trace is NULL"
    }  # fmt: skip


def test_upsert_rows_go_to_the_topic_that_their_key_names(
    cluster: MiniCluster, kafka: str, topic: Callable[..., str], committed: Committed
) -> None:
    first, second = topic("upsert-first"), topic("upsert-second")
    allowed = {"column": "trace", "allowed": [first, second]}
    sink = {"bootstrap": kafka, "topic": allowed, "key": ["id", "trace"], "value": "n"}
    rows = [["a", n, name, None, None, AT] for n, name in enumerate([first, second, first])]
    columns = {**COLUMNS, "id": "string not null", "trace": "string not null"}
    job = {"dedup": {"key": ["id", "trace"], "keep": "last", "ttl": "never"}}
    cluster.run(_pipeline(rows, sink, columns=columns, job=job))
    assert committed(first)[-1].value == b'{"n":2}'
    assert [json.loads(record.key) for record in committed(second)] == [{"id": "a", "trace": second}]


@pytest.mark.parametrize("guarantee", ["exactly_once", "at_least_once"])
@pytest.mark.parametrize("more", [{}, {"value": "total"}, {"headers": {"k": "k"}}, {"topic": "by column"}], ids=str)
def test_a_deletion_is_a_tombstone_of_its_key(
    cluster: MiniCluster,
    kafka: str,
    topic: Callable[..., str],
    committed: Committed,
    more: dict[str, Any],
    guarantee: str,
) -> None:
    id_ = f"tombstone-{guarantee}-{'-'.join(more) or 'plain'}"
    first, second = topic(id_), topic(f"{id_}-2")
    paid = [{"k": first, "n": 5}, {"k": second, "n": 7}, {"k": first, "n": -5}]
    source = {
        "bootstrap": kafka, "topic": topic(f"{id_}-in", [(0, None, json.dumps(row).encode()) for row in paid]), "group": "g",
        "start": "earliest", "until": "latest", "columns": {"k": "string not null", "n": "bigint"},
    }  # fmt: skip
    query = "SELECT k, SUM(n) AS total FROM records GROUP BY k HAVING SUM(n) > 0"
    job = {"sql": {"query": query, "columns": {"k": "string not null", "total": "bigint"}, "replaces": ["k"]}}
    by_column = {"topic": {"column": "k", "allowed": [first, second]}} if "topic" in more else {"topic": first}
    sink = {"bootstrap": kafka, "key": "k", "guarantee": guarantee, **more, **by_column}
    cluster.run(_pipeline([], sink, source={"kafka": source}, job=job))
    records = [*committed(first), *committed(second)]
    of_first = [record for record in records if record.key == first.encode()]
    assert [record.value is None for record in of_first] == [False, True]
    assert json.loads(of_first[0].value)["total"] == 5
    if "headers" in more:
        assert [record.headers for record in of_first] == [[("k", first.encode())]] * 2
    if "topic" in more:
        assert {record.topic for record in of_first} == {first}
    assert [json.loads(record.value)["total"] for record in records if record.key == second.encode()] == [7]


def test_the_topic_of_upsert_rows_must_be_in_their_key() -> None:
    rows = Columns({"id": parse("string"), "kind": parse("string")}, changelog=True, key=("id",))
    config = {"bootstrap": "b:1", "topic": {"column": "kind", "allowed": ["a", "b"]}, "key": "id"}
    with pytest.raises(Problem, match="not in the key"):
        KafkaSink.model_validate(config).check(rows)


def test_a_topic_by_a_column_is_not_for_dead_letters() -> None:
    config = {"bootstrap": "b:1", "topic": {"column": "reason", "allowed": ["late", "decode"]}}
    with pytest.raises(Problem, match="for dead letters"):
        KafkaSink.model_validate(config).check_dead_letters([])


def _topics(kafka: str) -> set[str]:
    with closing(admin("test", kafka)) as client:
        return {name for name in client.list_topics() if not name.startswith("__")}
