"""What Penstock adds to Flink on the way of a row from Kafka to Kafka: `python -m benchmarks.kafka_rows [RECORDS] [ROUNDS]`.

The same filter in turns: as Flink's own SQL between Flink's own connectors, and as a job file whose bad records fail the job, or become
dead letters. All in one mini-cluster of parallelism 1 in one JVM, each reading one topic to its end. Prints one JSON line: seconds of
each round without the start of a job (measured on an empty topic), rows a second by the medians, and the ratio to Flink's own.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from penstock.connectors.kafka.preflight import admin
from penstock.jobs.base.pipeline import Pipeline
from penstock.scripts.jvm import gateway
from penstock.scripts.stack.kafka import Broker

_COLUMNS = {"id": "bigint", "name": "string", "amount": "double", "at": "timestamp_ltz(3)"}
_TABLE = "CREATE TABLE {name} (id BIGINT, name STRING, amount DOUBLE, `at` TIMESTAMP_LTZ(3)) WITH ({options})"
_SOURCE = {
    "properties.group.id": "bench", "scan.startup.mode": "earliest-offset", "scan.bounded.mode": "latest-offset",
    "properties.isolation.level": "read_committed",
}  # fmt: skip
_SINK = {"properties.linger.ms": "20", "properties.batch.size": "262144", "properties.compression.type": "lz4"}
_OPTIONS = {"parallelism.default": "1", "table.exec.source.idle-timeout": "0", "rest.bind-port": "0"}


def _kafka(env: Any, name: str, bootstrap: str, topic: str, more: dict[str, str]) -> None:
    options = {
        "connector": "kafka", "topic": topic, "properties.bootstrap.servers": bootstrap, "format": "json",
        "json.timestamp-format.standard": "ISO-8601", **more,
    }  # fmt: skip
    text = ", ".join(f"'{key}' = '{value}'" for key, value in options.items())
    env.execute_sql(_TABLE.format(name=name, options=text))


def _fill(bootstrap: str, count: int) -> None:
    env = gateway.environment(_OPTIONS, False)
    generator = {"connector": "datagen", "number-of-rows": str(count), "fields.name.length": "12"}
    text = ", ".join(f"'{key}' = '{value}'" for key, value in generator.items())
    env.execute_sql(_TABLE.format(name="made", options=text))
    _kafka(env, "topic_in", bootstrap, "in", _SINK)
    env.execute_sql("INSERT INTO topic_in SELECT id, name, amount, `at` FROM made").wait()


def _flink(bootstrap: str, topic: str) -> None:
    env = gateway.environment(_OPTIONS, False)
    _kafka(env, "rows_in", bootstrap, topic, _SOURCE)
    _kafka(env, "rows_out", bootstrap, "out", _SINK)
    env.execute_sql(
        "INSERT INTO rows_out SELECT id, UPPER(name), amount, `at` FROM rows_in WHERE UPPER(name) <> 'ADA'"
    ).wait()


def _penstock(on_error: str) -> Callable[[str, str], None]:
    def run(bootstrap: str, topic: str) -> None:
        where = {"bootstrap": bootstrap}
        made = {
            "name": "bench",
            "source": {
                "kafka": {
                    **where, "topic": topic, "group": "bench", "start": "earliest", "until": "latest", "columns": _COLUMNS,
                    "on_error": on_error,
                }
            },
            "job": {"uppercase_filter": {"column": "name", "keep": {"not_equals": "ADA"}}},
            "sink": {"kafka": {**where, "topic": "out"}},
            **({"dead_letters": {"kafka": {**where, "topic": "dead"}}} if on_error == "dead_letter" else {}),
            "flink": {"parallelism": 1, "checkpoint": "10 s"},
        }  # fmt: skip
        Pipeline.model_validate(made).compose(gateway.environment(_OPTIONS, False)).execute().wait()

    return run


_VARIANTS = {"flink": _flink, "fail": _penstock("fail"), "dead_letter": _penstock("dead_letter")}


def _seconds(run: Callable[[str, str], None], bootstrap: str, topic: str) -> float:
    started = time.monotonic()
    run(bootstrap, topic)
    return time.monotonic() - started


def main(count: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        broker = Broker(Path(folder) / "kafka")
        bootstrap = broker.start(0)
        try:
            with closing(admin("bench", bootstrap)) as client:
                client.create_topics(
                    {name: {"num_partitions": 1, "replication_factor": 1} for name in ("in", "none", "out", "dead")}
                )
            gateway.prepare(("kafka", "penstock"), Path(folder) / "logs")
            _fill(bootstrap, count)
            taken: dict[str, list[float]] = {name: [] for name in _VARIANTS}
            for number in range(rounds + 1):  # the first warms the JVM
                for name, run in _VARIANTS.items():
                    start = _seconds(run, bootstrap, "none")
                    seconds = _seconds(run, bootstrap, "in") - start
                    taken[name] += [round(seconds, 2)] if number else []
        finally:
            broker.stop()
    rate = {name: count / statistics.median(seconds) for name, seconds in taken.items()}
    ratio = {name: round(rate[name] / rate["flink"], 2) for name in rate}
    print(json.dumps({"seconds": taken, "rows_per_s": {n: round(r) for n, r in rate.items()}, "to_flink": ratio}))


if __name__ == "__main__":
    numbers = [int(text) for text in sys.argv[1:]]
    main(*(numbers + [2_000_000, 3][len(numbers) :]))
