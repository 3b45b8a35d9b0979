"""Each scenario from a real topic to a real topic, compared with its reference."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from penstock.connectors.formats import codec
from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts.config.load import load
from penstock.scripts.local.mini_cluster import MiniCluster
from penstock.scripts.testing.check import canonical
from penstock.scripts.testing.compute import by_reference, decoded
from penstock.udfs.rows import Row

CONF = Path(__file__).parents[2] / "conf"
SCENARIOS = ("uppercase_filter", "rolling_sum", "dedup", "regression_scoring")
ROWS: dict[str, list[dict[str, Any]]] = {
    "uppercase_filter": [{"id": i, "name": name} for i, name in enumerate(["ada", "Bob", "Åsa", None, "alan", "", "a\n\"b"])],
    "rolling_sum": [
        {"user": "ab"[i % 2], "amount": i / 4, "at": f"2026-01-01T12:{i // 60:02d}:{i % 60:02d}Z"} for i in range(150)
    ],
    "dedup": [{"id": f"e{i % 7}", "kind": str(i), "at": f"2026-01-01T12:00:{i:02d}Z"} for i in range(30)],
    "regression_scoring": [
        {"id": i, "area": 50.0 + i, "rooms": i % 5, "age": None if i == 3 else 1.5 * i, "price": 1e5 * i} for i in range(20)
    ],
}  # fmt: skip


def on_kafka(scenario: str, kafka: str, source: str, sink: str, guarantee: str, tmp_path: Path) -> Pipeline:
    """The shipped job file with its ends on Kafka."""
    shipped = CONF / "jobs" / f"{scenario}.yaml"
    rewritten: dict[str, Any] = {
        "source": {
            "kafka": {
                "bootstrap": kafka,
                "topic": source,
                "group": "test",
                "start": "earliest",
                "until": "latest",
                "columns": {
                    name: str(kind) for name, kind in load(shipped).pipeline.all_sources()["records"].columns.items()
                },
            }
        },
        "sink": {"kafka": {"bootstrap": kafka, "topic": sink, "guarantee": guarantee}},
        "dead_letters": {"kafka": {"bootstrap": kafka, "topic": f"{sink}.dead", "guarantee": guarantee}},
        "flink": {"checkpoint": "1 s"},
    }
    if scenario in ("rolling_sum", "dedup"):
        rewritten["source"]["kafka"]["event_time"] = {"column": "at", "out_of_order": "5 s"}
    over = tmp_path / "kafka.yaml"
    over.write_text(json.dumps(rewritten), encoding="utf-8")
    return load(shipped, overlays=[over]).pipeline


def expected(scenario: str) -> tuple[list[str], int]:
    """What the reference outputs for the scenario's rows."""
    from penstock.scripts.testing.cases import Case, TestFile
    from penstock.scripts.testing.compute import job_of

    shipped = CONF / "jobs" / f"{scenario}.yaml"
    case = Case(name="integration", rows=ROWS[scenario], expect=[])
    from penstock.scripts.config.tree import Tree

    given = by_reference(job_of(TestFile(shipped, shipped, [case], Tree(None)), case).pipeline)
    return [canonical(row) for row in given.rows], len(given.dead_letters)


@pytest.mark.parametrize("guarantee", ["exactly_once", "at_least_once"])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_scenario_from_topic_to_topic(
    scenario: str,
    guarantee: str,
    cluster: MiniCluster,
    kafka: str,
    topic: Callable[..., str],
    committed: Callable[[str], list[Any]],
    tmp_path: Path,
) -> None:
    records = [(0, None, json.dumps(row).encode()) for row in ROWS[scenario]]
    source = topic(f"{scenario}-{guarantee}-in", records)
    sink = topic(f"{scenario}-{guarantee}-out")
    topic(f"{sink}.dead")
    pipeline = on_kafka(scenario, kafka, source, sink, guarantee, tmp_path)
    cluster.run(pipeline)
    columns = pipeline.output_columns()
    got = [canonical(decoded(json.loads(record.value), columns)) for record in committed(sink)]
    rows, dead_letters = expected(scenario)
    assert Counter(got) == Counter(rows)
    assert len(committed(f"{sink}.dead")) == dead_letters


def run_rows(cluster: MiniCluster, source: dict[str, Any], job: Any = None, sink: Any = None, **more: Any) -> list[Row]:
    """Run a pipeline from Kafka and give the console's rows."""
    made = Pipeline.model_validate(
        {
            "name": "envelope",
            "source": {"kafka": {"group": "test", "start": "earliest", "until": "latest", **source}},
            "job": job or {"uppercase_filter": {"column": "text"}},
            "sink": sink or {"console": {}},
            **more,
        }
    )
    assert made.problems() == []
    return cluster.run(made).rows()


def test_key_and_envelope_become_columns(cluster: MiniCluster, kafka: str, topic: Callable[..., str]) -> None:
    name = topic("envelope-in", [(1, b"k1", b'{"text": "a"}'), (1, None, b'{"text": "b"}')], partitions=2)
    rows = run_rows(
        cluster,
        {
            "bootstrap": kafka,
            "topic": name,
            "columns": {"text": "string"},
            "key": {"columns": {"id": "string"}},
            "envelope": {"partition": "part", "offset": "place", "topic": "origin", "timestamp": "sent"},
        },
    )
    assert [(row["id"], row["text"], row["part"], row["place"], row["origin"]) for row in rows] == [
        ("k1", "A", 1, 0, name),
        (None, "B", 1, 1, name),
    ]
    assert all(row["sent"].endswith("Z") for row in rows)


def test_times_of_key_and_value_are_read_with_their_offset_unit_and_zone(
    cluster: MiniCluster, kafka: str, topic: Callable[..., str]
) -> None:
    value = b'{"text": "a", "at": "2026-01-01T12:00:00+08:00", "ms": 1767240000123}'
    name = topic("times-in", [(0, b'{"opened": "2026-01-01 05:00", "day": "2026-01-01"}', value)])
    source = {
        "bootstrap": kafka,
        "topic": name,
        "columns": {"text": "string", "at": "timestamp_ltz(3) not null", "ms": "timestamp_ltz(3)"},
        "key": {"format": "json", "columns": {"opened": "timestamp_ltz(0)", "day": "date"}},
        "times": {"ms": "epoch_ms", "opened": "Europe/Berlin"},
        "event_time": {"column": "at"},
    }
    assert run_rows(cluster, source) == [
        {"text": "A", "at": "2026-01-01T04:00:00Z", "ms": "2026-01-01T04:00:00.123Z", "opened": "2026-01-01T04:00:00Z", "day": "2026-01-01"}
    ]  # fmt: skip


def test_headers_become_a_map(cluster: MiniCluster, kafka: str, topic: Callable[..., str]) -> None:
    from contextlib import closing

    from kafka import KafkaProducer

    name = topic("headers-in")
    with closing(KafkaProducer(bootstrap_servers=kafka)) as producer:
        producer.send(name, value=b'{"text": "a"}', headers=[("trace", b"\x00\xff")]).get(timeout=30)
    source = {"bootstrap": kafka, "topic": name, "columns": {"text": "string"}, "envelope": {"headers": "extra"}}
    assert run_rows(cluster, source) == [{"text": "A", "extra": {"trace": "AP8="}}]


def test_start_and_until_take_moments(cluster: MiniCluster, kafka: str, topic: Callable[..., str]) -> None:
    name = topic("moments-in", [(0, None, b'{"text": "a"}')])
    source = {"bootstrap": kafka, "topic": name, "columns": {"text": "string"}}
    assert run_rows(cluster, {**source, "start": {"timestamp": "2020-01-01T00:00:00-05:00"}}) == [{"text": "A"}]
    assert run_rows(cluster, {**source, "until": {"timestamp": "2020-01-01T00:00:00Z"}}) == []


def test_the_last_row_of_a_key_replaces_the_one_before(
    cluster: MiniCluster, kafka: str, topic: Callable[..., str], committed: Callable[[str], list[Any]]
) -> None:
    rows = [{"text": text, "n": n} for n, text in enumerate("abab")]
    name, sink = topic("upsert-in", [(0, None, json.dumps(row).encode()) for row in rows]), topic("upsert-out")
    run_rows(
        cluster,
        {"bootstrap": kafka, "topic": name, "columns": {"text": "string not null", "n": "int"}},
        {"dedup": {"key": "text", "keep": "last", "ttl": "never"}},
        {"kafka": {"bootstrap": kafka, "topic": sink, "key": ["text"]}},
    )
    latest = {record.key: json.loads(record.value) for record in committed(sink)}
    assert latest == {b"a": {"text": "a", "n": 2}, b"b": {"text": "b", "n": 3}}


def test_a_bad_record_fails_the_job_with_its_text(cluster: MiniCluster, kafka: str, topic: Callable[..., str]) -> None:
    from penstock.connectors.config.problems import RunError

    name = topic("bad-in", [(0, None, b'{"text": "a"}'), (0, None, b"{broken")])
    with pytest.raises(RunError, match="broken"):
        run_rows(cluster, {"bootstrap": kafka, "topic": name, "columns": {"text": "string"}})


def test_a_repeated_key_does_not_spoil_the_fields_after_it(
    cluster: MiniCluster, kafka: str, topic: Callable[..., str]
) -> None:
    name = topic("repeated-in", [(0, None, b'{"n": 1, "n": 2, "text": "keep"}')])
    rows = run_rows(cluster, {"bootstrap": kafka, "topic": name, "columns": {"n": "int", "text": "string"}})
    assert rows == [{"n": 2, "text": "KEEP"}]


def test_json_values_keep_their_kind(cluster: MiniCluster, kafka: str, topic: Callable[..., str]) -> None:
    row = {
        "d": "12345678901234567890.12",
        "t": "2026-01-01T00:00:00.123",
        "a": [1, None],
        "m": {"k": 1.5},
        "r": {"x": "y"},
        "text": "z",
    }
    types = {
        "d": "decimal(22,2)",
        "t": "timestamp(3)",
        "a": "array<int>",
        "m": "map<string,double>",
        "r": "row<x string>",
        "text": "string",
    }
    name = topic("kinds-in", [(0, None, json.dumps(row).encode())])
    [got] = run_rows(cluster, {"bootstrap": kafka, "topic": name, "columns": types})
    assert codec.encode(got) == {**row, "d": 12345678901234567890.12, "text": "Z"}
