"""Avro from a topic: what another program wrote, and what is no Avro."""

from __future__ import annotations

import io
import json
import random
from base64 import b64decode
from collections.abc import Callable
from contextlib import closing
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

import fastavro
from kafka import KafkaProducer

from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts.local.mini_cluster import MiniCluster

COLUMNS = {
    "n": "bigint not null", "text": "string", "x": "double not null", "d": "decimal(20,4)", "flag": "boolean", "b": "bytes",
    "at": "timestamp_ltz(3)", "local": "timestamp(3)", "day": "date", "tags": "array<string>", "m": "map<string,double>",
    "r": "row<a int, b string>",
}  # fmt: skip
ROW = {
    "n": 1, "text": "a\N{GRINNING FACE}", "x": 0.5, "d": Decimal("1.5000"), "flag": True, "b": b"\0\1\2",
    "at": datetime(2026, 1, 1, 0, 0, 0, 123_000, tzinfo=timezone.utc), "local": datetime(2026, 1, 1, 0, 0, 0, 500_000),
    "day": date(2026, 1, 1), "tags": ["a", None], "m": {"k": 1.5}, "r": {"a": 1, "b": "c"},
}  # fmt: skip
READ = {
    **ROW, "text": "A\N{GRINNING FACE}", "d": 1.5, "b": "AAEC", "at": "2026-01-01T00:00:00.123Z",
    "local": "2026-01-01T00:00:00.5", "day": "2026-01-01",
}  # fmt: skip
NULLS = {**dict.fromkeys(COLUMNS), "n": 2, "x": -1.0}


def _optional(kind: Any) -> dict[str, Any]:
    return {"type": ["null", kind]}


SCHEMA = fastavro.parse_schema(
    {
        "type": "record",
        "name": "Order",
        "namespace": "shop",
        "fields": [
            {"name": "n", "type": "long"},
            {"name": "text", **_optional("string")},
            {"name": "x", "type": "double"},
            {"name": "d", **_optional({"type": "bytes", "logicalType": "decimal", "precision": 20, "scale": 4})},
            {"name": "flag", **_optional("boolean")},
            {"name": "b", **_optional("bytes")},
            {"name": "at", **_optional({"type": "long", "logicalType": "timestamp-millis"})},
            {"name": "local", **_optional({"type": "long", "logicalType": "local-timestamp-millis"})},
            {"name": "day", **_optional({"type": "int", "logicalType": "date"})},
            {"name": "tags", **_optional({"type": "array", "items": ["null", "string"]})},
            {"name": "m", **_optional({"type": "map", "values": ["null", "double"]})},
            {
                "name": "r",
                **_optional(
                    {
                        "type": "record",
                        "name": "Inner",
                        "fields": [{"name": "a", **_optional("int")}, {"name": "b", **_optional("string")}],
                    }
                ),
            },
        ],
    }
)


def _encoded(row: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, SCHEMA, row)
    return out.getvalue()


def _read(cluster: MiniCluster, kafka: str, topic: str) -> list[dict[str, Any]]:
    source = {
        "bootstrap": kafka, "topic": topic, "group": "avro", "start": "earliest", "until": "latest", "format": "avro",
        "columns": COLUMNS, "on_error": "dead_letter",
    }  # fmt: skip
    made = {
        "name": "reads",
        "source": {"kafka": source},
        "job": {"uppercase_filter": {"column": "text"}},
        "sink": {"console": {}},
        "dead_letters": {"kafka": {"bootstrap": kafka, "topic": f"{topic}.dead"}},
    }
    return cluster.run(Pipeline.model_validate(made)).rows()


def test_what_another_program_writes_is_read(
    cluster: MiniCluster, kafka: str, topic: Callable[..., str], committed: Callable[[str], list[Any]]
) -> None:
    name = topic("avro", [(0, None, _encoded(ROW)), (0, None, _encoded(NULLS))])
    topic("avro.dead")
    assert _read(cluster, kafka, name) == [READ, NULLS]
    assert committed("avro.dead") == []


def test_bytes_that_are_no_record_are_dead_letters(
    cluster: MiniCluster, kafka: str, topic: Callable[..., str], committed: Callable[[str], list[Any]]
) -> None:
    """Cut off, flipped, and with a text of two billion bytes: each is a row or a dead letter, and the job runs on."""
    good = _encoded(ROW)
    name = topic("avro-bad", [(0, None, good)])
    topic("avro-bad.dead")
    dice = random.Random(1)
    bad = [good[: dice.randrange(1, len(good))] for _ in range(50)]
    bad += [good[:at] + bytes([good[at] ^ 1 << dice.randrange(8)]) + good[at + 1 :] for at in range(len(good))]
    bad += [b"\x02\x02\xfe\xff\xff\xff\x0e" + good, b"\x02\x02\xff\xff\xff\xff\x0f" + good, b""]
    with closing(KafkaProducer(bootstrap_servers=kafka)) as producer:
        for value in bad:
            producer.send(name, value).get(timeout=30)
        producer.send(name, good).get(timeout=30)
    rows = _read(cluster, kafka, name)
    dead_letters = [json.loads(record.value) for record in committed("avro-bad.dead")]
    assert len(rows) + len(dead_letters) == len(bad) + 2
    assert rows[-1]["n"] == 1
    assert all(b64decode(dead_letter["raw"]) == [good, *bad][dead_letter["offset"]] for dead_letter in dead_letters)
    assert {dead_letter["offset"] for dead_letter in dead_letters} >= set(range(1, 51)) | {
        len(bad) - 2,
        len(bad) - 1,
        len(bad),
    }
