"""Whatever a topic holds, each record is a row or a dead letter with its bytes as they were."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from kafka import KafkaProducer

from penstock.connectors.config.problems import RunError
from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts.local.mini_cluster import MiniCluster


def made(kafka: str, topic: str, dead_letters: str, columns: dict[str, str], **more: Any) -> Pipeline:
    """From a topic to the console, what is rejected to another topic."""
    text = next(name for name, kind in columns.items() if kind.startswith("string"))
    pipeline = Pipeline.model_validate(
        {
            "name": "letters",
            "source": {
                "kafka": {
                    "bootstrap": kafka,
                    "topic": topic,
                    "group": "letters",
                    "start": "earliest",
                    "until": "latest",
                    "columns": columns,
                    "on_error": "dead_letter",
                    **more.pop("source", {}),
                }
            },
            "job": more.pop("job", {"uppercase_filter": {"column": text}}),
            "sink": {"console": {}},
            "dead_letters": {"kafka": {"bootstrap": kafka, "topic": dead_letters, "guarantee": "exactly_once"}},
            **more,
        }
    )
    assert pipeline.problems() == []
    return pipeline


BAD = {
    "truncated": (b'{"n": 1, "text": "a', "decode"),
    "not utf-8": (b'\xff\xfe{"n": 1}', "decode"),
    "of another kind": (b'{"n": "many", "text": "a"}', "decode"),
    "an array": (b"[1, 2]", "decode"),
    "the word null": (b"null", "decode"),
    "too deep": (b"[" * 100_000, "decode"),
    "a number too large": (b'{"n": 1e999999999, "text": "a"}', "decode"),
    "no value for not null": (b'{"text": "a"}', "null_value"),
    "NULL for not null": (b'{"n": null, "text": "a"}', "null_value"),
    "empty": (b"", "empty"),
    "tombstone": (None, "tombstone"),
}


def test_a_bad_record_is_a_dead_letter_with_its_bytes(
    cluster: MiniCluster, kafka: str, topic: Callable[..., str], committed: Callable[[str], list[Any]]
) -> None:
    name = topic("letters-in", [], partitions=2)
    topic("letters-dead")
    good = b'{"n": 1, "text": "a"}'
    with closing(KafkaProducer(bootstrap_servers=kafka)) as producer:
        producer.send(name, value=good, partition=0).get(timeout=30)
        for value, _ in BAD.values():
            producer.send(name, key=b"\x00k", value=value, headers=[("h", b"\xff")], partition=1).get(timeout=30)
        producer.send(name, value=good, partition=0).get(timeout=30)
    rows = cluster.run(made(kafka, name, "letters-dead", {"n": "int not null", "text": "string"})).rows()
    assert rows == [{"n": 1, "text": "A"}] * 2
    dead_letters = sorted(
        (json.loads(record.value) for record in committed("letters-dead")), key=lambda one: one["offset"]
    )
    for index, (dead_letter, (kind, (value, reason))) in enumerate(zip(dead_letters, BAD.items(), strict=True)):
        got = None if dead_letter["raw"] is None else base64.b64decode(dead_letter["raw"])
        assert (kind, dead_letter["reason"], got) == (kind, reason, value)
        assert (dead_letter["source"], dead_letter["partition"], dead_letter["offset"]) == (name, 1, index)
        assert base64.b64decode(dead_letter["key"]) == b"\x00k"
        assert json.loads(dead_letter["headers"]) == {"h": base64.b64encode(b"\xff").decode()}
        assert (dead_letter["job"], dead_letter["version"], dead_letter["step"]) == (
            "letters",
            "local",
            "source_records",
        )
        assert dead_letter["error"] and dead_letter["timestamp"] and dead_letter["at"] and dead_letter["row"] is None


def test_the_largest_bad_record_of_a_topic_fits_in_another_like_it(
    cluster: MiniCluster, kafka: str, topic: Callable[..., str], committed: Callable[[str], list[Any]]
) -> None:
    """Base64 makes bytes a third larger: without gzip this dead letter is rejected by the client, and then by the broker."""
    name = topic("large-in", [])
    topic("large-dead")
    value = random.Random(1).randbytes(1_000_000)
    with closing(KafkaProducer(bootstrap_servers=kafka)) as producer:
        producer.send(name, value=value).get(timeout=30)
    cluster.run(made(kafka, name, "large-dead", {"text": "string"})).rows()
    [record] = committed("large-dead")
    assert base64.b64decode(json.loads(record.value)["raw"]) == value


def test_without_on_error_a_bad_record_fails_the_job_and_is_shown(
    cluster: MiniCluster, kafka: str, topic: Callable[..., str]
) -> None:
    name = topic("letters-fail", [(0, None, b'{"text": "a"}')])
    topic("letters-fail-dead")
    columns = {"n": "int not null", "text": "string"}
    with pytest.raises(
        RunError, match=r"a record cannot be decoded \(null_value\): n is missing or NULL; the record: {"
    ):
        cluster.run(made(kafka, name, "letters-fail-dead", columns, source={"on_error": "fail"}))


def test_a_key_that_cannot_be_decoded_makes_a_letter_and_an_absent_one_a_row(
    cluster: MiniCluster, kafka: str, topic: Callable[..., str], committed: Callable[[str], list[Any]]
) -> None:
    value = b'{"text": "a"}'
    keys = [b'{"id": 1}', b"{broken", None, b'{"id": 2}', b'[{"id": 3}, {"id": 4}]']
    name = topic("letters-keys", [(0, key, value) for key in keys])
    topic("letters-keys-dead")
    source = {"key": {"columns": {"id": "int"}, "format": "json"}}
    rows = cluster.run(made(kafka, name, "letters-keys-dead", {"text": "string"}, source=source)).rows()
    assert [row["id"] for row in rows] == [1, None, 2]
    found = [json.loads(record.value) for record in committed("letters-keys-dead")]
    assert [(one["reason"], base64.b64decode(one["key"]), base64.b64decode(one["raw"])) for one in found] == [
        ("key", keys[1], value), ("key", keys[4], value)
    ]  # fmt: skip
    assert found[1]["error"] == "expected one JSON object, found a list of 2"


def test_a_step_s_letter_says_where_the_row_came_from(
    cluster: MiniCluster, kafka: str, topic: Callable[..., str], committed: Callable[[str], list[Any]]
) -> None:
    first, second = b'{"text": "a", "x": 1.5}', b'{"text": "b",  "x": "NaN"}'
    name = topic("letters-step", [(0, None, first), (0, b"k", second)])
    topic("letters-step-dead")
    job = [
        {"uppercase_filter": {"column": "text"}},
        {"rolling_sum": {"key": "all rows", "value": "x", "window": {"rolling_all": True}}},
    ]
    columns = {"text": "string", "x": "double"}
    rows = cluster.run(made(kafka, name, "letters-step-dead", columns, job=job)).rows()
    assert [row["total"] for row in rows] == [1.5]
    [dead_letter] = [json.loads(record.value) for record in committed("letters-step-dead")]
    assert (dead_letter["reason"], dead_letter["step"], dead_letter["offset"]) == ("not_finite", "2_rolling_sum", 1)
    assert (base64.b64decode(dead_letter["raw"]), base64.b64decode(dead_letter["key"])) == (second, b"k")
    assert json.loads(dead_letter["row"])["text"] == "B"


def test_too_many_dead_letters_fail_the_job_for_good(
    cluster: MiniCluster, kafka: str, topic: Callable[..., str]
) -> None:
    name = topic("letters-many", [(0, None, b"{broken" if n % 2 else b'{"text": "a"}') for n in range(200)])
    topic("letters-many-dead")
    options = {"restart-strategy.type": "fixed-delay", "restart-strategy.fixed-delay.attempts": "1000"}
    text = r"too many dead letters: 11 of the last 22 rows at source_records, and dead_letter_limit allows 10 in 100"
    with pytest.raises(RunError, match=text):
        limited = made(
            kafka, name, "letters-many-dead", {"text": "string"}, dead_letter_limit={"share": 0.1, "rows": 100}
        )
        cluster.run(limited, options=options)
    cluster.run(
        made(kafka, name, "letters-many-dead", {"text": "string"}, dead_letter_limit={"share": 0.51, "rows": 100})
    )
