"""The Kafka source without Kafka: its columns, its positions, and how dead letters are sent back to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from penstock.connectors.blackhole import BlackholeSink
from penstock.connectors.config.problems import Problem
from penstock.connectors.files.sink import FilesSink
from penstock.connectors.kafka import diagnosis
from penstock.connectors.kafka.replay import KafkaReplayer
from penstock.connectors.kafka.sink import KafkaSink
from penstock.connectors.kafka.source import KafkaSource
from penstock.connectors.kafka.topics import TopicPlace


def _source(**keys: Any) -> KafkaSource:
    columns = {"id": "int", "at": "timestamp_ltz(3)"}
    return KafkaSource.model_validate({"bootstrap": "b:1", "topic": "t", "group": "g", "columns": columns, **keys})


def _texts(types: Any) -> dict[str, str]:
    return {name: str(kind) for name, kind in types.items()}


def test_columns_of_the_key_come_first_and_those_of_the_envelope_last() -> None:
    source = _source(key={"columns": {"k": "string"}}, envelope={"headers": "h", "offset": "o"})
    assert _texts(source.stream().types) == {
        "k": "string",
        "id": "int",
        "at": "timestamp_ltz(3)",
        "h": "map<string, bytes>",
        "o": "bigint not null",
    }
    assert {name: found[1] for name, found in source.decoded().items()} == {"k": "raw", "id": "json", "at": "json"}


def test_each_field_of_the_envelope_has_the_type_that_kafka_states() -> None:
    parts = ("topic", "partition", "offset", "timestamp", "timestamp_type", "headers")
    types = _source(envelope={part: f"e_{part}" for part in parts}).metadata()
    assert {name: (str(kind), key) for name, (kind, key) in types.items()} == {
        "e_topic": ("string not null", "topic"),
        "e_partition": ("int not null", "partition"),
        "e_offset": ("bigint not null", "offset"),
        "e_timestamp": ("timestamp_ltz(3) not null", "timestamp"),
        "e_timestamp_type": ("string not null", "timestamp-type"),
        "e_headers": ("map<string, bytes>", "headers"),
    }


def test_the_origin_of_a_dead_letter_is_read_with_the_key_and_the_bytes() -> None:
    assert {name: key for name, (_, key) in _source().metadata(origin=True).items()} == {
        "penstock_source": "origin.topic",
        "penstock_partition": "origin.partition",
        "penstock_offset": "origin.offset",
        "penstock_timestamp": "origin.timestamp",
        "penstock_headers": "origin.headers",
        "penstock_key": "origin.key",
    }
    assert list(_source().guarded_columns(origin=True)) == ["penstock_raw"]
    assert list(_source().guarded_columns(origin=False)) == []
    keyed = _source(key={"columns": {"k": "string"}})  # whose decoder has the bytes of the key
    assert "penstock_key" not in keyed.metadata(origin=True)
    assert list(keyed.guarded_columns(origin=False)) == ["penstock_key"]


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        (
            {"format": "raw"},
            Problem(("columns",), "2 columns with format: raw", "one column", "keep one column, or set another format"),
        ),
        (
            {"key": {"columns": {"id": "string"}}},
            Problem(
                ("key", "columns", "id"),
                '"id", which is also a column of the value',
                "each name once",
                "rename one of the columns",
                at_key=True,
            ),
        ),
        (
            {"key": {"columns": {"a": "string", "b": "string"}}},
            Problem(
                ("key", "columns"),
                "2 columns with format: raw, the default of a key",
                "one column",
                "keep one column, or set format: json",
            ),
        ),
        (
            {"envelope": {"offset": "id"}},
            Problem(("columns", "id"), 'two columns named "id"', "each name once", "rename one of them", at_key=True),
        ),
    ],
)
def test_columns_that_do_not_fit_are_an_error_at_their_key(keys: dict[str, Any], problem: Problem) -> None:
    with pytest.raises(Problem) as caught:
        _source(**keys).stream()
    assert caught.value == problem


@pytest.mark.parametrize("key", ["start", "until"])
def test_a_position_that_is_no_timestamp_is_an_error_at_its_key(key: str) -> None:
    with pytest.raises(Problem) as caught:
        _source(**{key: {"timestamp": "noon"}}).stream()
    assert caught.value.path == (key, "timestamp")


@pytest.mark.parametrize(
    ("start", "options"),
    [
        ("earliest", {"scan.startup.mode": "earliest-offset"}),
        ("latest", {"scan.startup.mode": "latest-offset"}),
        ("group", {"scan.startup.mode": "group-offsets", "properties.auto.offset.reset": "earliest"}),
        (
            {"timestamp": "1970-01-01T00:00:01Z"},
            {"scan.startup.mode": "timestamp", "scan.startup.timestamp-millis": "1000"},
        ),
    ],
)
def test_flink_starts_at_the_position_of_the_job_file(start: object, options: dict[str, str]) -> None:
    assert _source(start=start)._start() == options


@pytest.mark.parametrize(
    ("until", "options"),
    [
        ("latest", {"scan.bounded.mode": "latest-offset"}),
        ("group", {"scan.bounded.mode": "group-offsets"}),
        (
            {"timestamp": "1970-01-01T00:00:01Z"},
            {"scan.bounded.mode": "timestamp", "scan.bounded.timestamp-millis": "1000"},
        ),
    ],
)
def test_a_source_ends_only_where_the_job_file_says(until: object, options: dict[str, str]) -> None:
    assert (_source(until=until)._until(), _source(until=until).bounded) == (options, True)
    assert (_source()._until(), _source().bounded) == ({}, False)


def test_only_avro_needs_its_jar() -> None:
    kafka = ("kafka", "penstock-kafka")
    assert (_source().needed_jars(), _source(format="avro").needed_jars()) == (kafka, (*kafka, "avro"))


def test_marks_of_a_replay_are_beside_the_dead_letters_or_for_files_beside_the_source() -> None:
    kafka = KafkaSink.model_validate({"bootstrap": "b:1", "topic": "t.dlq"})
    source = _source(topic=["t", "u"])
    assert source.replayer(kafka, None) == KafkaReplayer("b:1", "t.dlq.replayed", None, None)
    for sink in (FilesSink(path="out"), BlackholeSink()):
        assert source.replayer(sink, "fixed") == KafkaReplayer("b:1", "t.replayed", "fixed", None)


def test_records_that_were_sent_back_are_read_from_beginning_to_end() -> None:
    assert _source().bounded_read("t: x", "g2") == {
        "topic": '["t: x"]', "group": "g2", "start": "earliest", "until": "latest"
    }  # fmt: skip
    assert _source(topic=["t", "u"]).place() == TopicPlace("b:1", ("t", "u"), None)


@pytest.mark.parametrize(("properties", "uncommitted"), [({}, False), ({"isolation.level": "read_uncommitted"}, True)])
def test_a_source_that_reads_uncommitted_records_is_diagnosed_as_such(
    properties: dict[str, str], uncommitted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def of_source(*call: Any) -> list[Any]:
        asked.append(call)
        return []

    monkeypatch.setattr(diagnosis, "of_source", of_source)
    assert list(_source(properties=properties).diagnose(timedelta(seconds=1), {})) == []
    assert asked == [(TopicPlace("b:1", ("t",), None), uncommitted, {})]


def test_its_position_is_committed_at_each_checkpoint() -> None:
    assert KafkaSource.capabilities.commits_position
