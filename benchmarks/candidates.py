"""The candidates of `scripts/bench`: each does a scenario from one topic to another, and reads the topic to its end."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import psutil

from benchmarks import datastream
from benchmarks.candidate import Candidate, Place
from benchmarks.peers import PEERS
from benchmarks.scenarios import MODEL, Scenario
from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts.jvm import gateway

_SOURCE = {
    "properties.group.id": "bench", "scan.startup.mode": "earliest-offset", "scan.bounded.mode": "latest-offset",
    "properties.isolation.level": "read_committed", "properties.max.poll.records": "20000",
    "properties.max.partition.fetch.bytes": "8388608",
}  # fmt: skip
SINK = {"properties.linger.ms": "20", "properties.batch.size": "262144", "properties.compression.type": "lz4"}
"""The options of Flink's Kafka sink, which are those that Penstock sets."""


def table(env: Any, name: str, place: Place, topic: str, columns: str, more: dict[str, str]) -> None:
    """Create a table of Flink's Kafka connector. `columns` is SQL."""
    options = {"connector": "kafka", "topic": topic, "properties.bootstrap.servers": place.broker, **more}
    text = ", ".join(f"'{key}' = '{value}'" for key, value in options.items())
    env.execute_sql(f"CREATE TABLE {name} ({columns}) WITH ({text})")


JSON = {"format": "json", "json.timestamp-format.standard": "ISO-8601"}


def sql_columns(columns: dict[str, str]) -> str:
    """Columns of a job file as columns of SQL."""
    return ", ".join(f"`{name}` {kind.upper()}" for name, kind in columns.items())


def _limit(_: Scenario, place: Place) -> None:
    env = gateway.environment(place.options, False)
    table(env, "rows_in", place, place.topic, "`raw` BYTES", {"format": "raw", **_SOURCE})
    table(env, "rows_out", place, place.out, "`raw` BYTES", {"format": "raw", **SINK})
    env.execute_sql("INSERT INTO rows_out SELECT * FROM rows_in").wait()


def _sql(scenario: Scenario, place: Place) -> None:
    env = gateway.environment({**place.options, **scenario.options}, False)
    time = ", WATERMARK FOR `at` AS `at` - INTERVAL '1' SECOND" if scenario.event_time else ""
    table(env, "rows_in", place, place.topic, sql_columns(scenario.columns) + time, {**JSON, **_SOURCE})
    table(env, "rows_out", place, place.out, sql_columns(scenario.out), {**JSON, **SINK})
    if scenario.view:
        env.execute_sql(f"CREATE VIEW scored AS {scenario.view}")
    env.execute_sql(f"INSERT INTO rows_out {scenario.sql}").wait()


def _penstock(on_error: str) -> Callable[[Scenario, Place], None]:
    def run(scenario: Scenario, place: Place) -> None:
        model = place.folder / "model.json"
        model.write_text(json.dumps(MODEL))
        timed = {"event_time": {"column": "at", "out_of_order": "1 s"}} if scenario.event_time else {}
        kafka = {"bootstrap": place.broker}
        made = {
            "name": "bench",
            "source": {
                "kafka": {
                    **kafka, "topic": place.topic, "group": "bench", "start": "earliest", "until": "latest",
                    "columns": scenario.columns, "on_error": on_error, **timed,
                }
            },
            "job": json.loads(json.dumps(scenario.steps).replace("MODEL", str(model))),
            "sink": {"kafka": {**kafka, "topic": place.out}},
            "dead_letters": {"kafka": {**kafka, "topic": "dead"}},
            "flink": {"parallelism": 1, "checkpoint": "10 s"},
        }  # fmt: skip
        Pipeline.model_validate(made).compose(gateway.environment(place.options, False)).execute().wait()

    return run


FLINK = {
    "limit": Candidate("Flink, bytes from topic to topic (the limit)", _limit),
    "sql": Candidate("Flink SQL, written by hand", _sql),
    "fail": Candidate("Penstock, `on_error: fail`", _penstock("fail")),
    "dead_letter": Candidate("Penstock, `on_error: dead_letter`", _penstock("dead_letter")),
    "datastream": Candidate(
        "PyFlink DataStream, a Python function per step", datastream.run, datastream.SCENARIOS, share=50
    ),
}  # fmt: skip
CANDIDATES = FLINK | PEERS
"""Name to candidate."""


def cpu_seconds(broker: set[int]) -> float:
    """The processor seconds that this process and its children have used so far, ended children included, without those of the broker."""
    me = psutil.Process()
    own = me.cpu_times()
    used = own.user + own.system + own.children_user + own.children_system
    for child in me.children(recursive=True):
        if child.pid not in broker:
            times = child.cpu_times()
            used += times.user + times.system + times.children_user + times.children_system
    return float(used)
