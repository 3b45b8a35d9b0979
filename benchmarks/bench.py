"""`scripts/bench [--size small|full] [--only CANDIDATES] [SCENARIO...]`: Penstock against what its users would otherwise pick.

All candidates read the same topic of a real broker to its end and write to another topic, one after the other, in rounds. The Flink ones
share one warm JVM. The figures are those of a long run without those of a short run, so that neither the start of a job counts nor the
compilation of its generated code: a job on a cluster runs for months. Before a candidate is measured, its output of a smaller topic must
equal that of Flink SQL, record for record.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
from kafka import KafkaConsumer, TopicPartition

from benchmarks import report
from benchmarks.candidates import CANDIDATES, JSON, LOOP_PACKAGES, OPTIONS, SINK, Place, cpu_seconds, table
from benchmarks.scenarios import SCENARIOS, Scenario
from penstock.connectors.kafka.preflight import admin
from penstock.connectors.runtime.home import flink_version
from penstock.scripts.jvm import gateway
from penstock.scripts.stack.kafka import Broker

SIZES = {"small": (100_000, 200_000, 1), "full": (500_000, 1_500_000, 3)}
"""Size to the records of the short run, how many more the long run has, and rounds."""

_CHECKED = 120_000
"""Records of the smaller topic, whose outputs are compared."""

Figures = dict[str, list[float]]
"""`wall` and `cpu`: seconds of each round."""


def main() -> None:
    """Measure, print a table, and write the results if the size is `full`."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument(
        "scenario", nargs="*", metavar="SCENARIO", help=f"one of: {', '.join(SCENARIOS)}; all by default"
    )
    parser.add_argument(
        "--size", choices=SIZES, default="small", help="small (200,000 records) or full (1,500,000, three rounds)"
    )
    parser.add_argument(
        "--only", nargs="+", choices=CANDIDATES, default=list(CANDIDATES), help="the candidates to measure"
    )
    chosen = parser.parse_args()
    if unknown := [name for name in chosen.scenario if name not in SCENARIOS]:
        parser.error(f'"{unknown[0]}" is not a scenario; choose from: {", ".join(SCENARIOS)}')
    short, count, rounds = SIZES[chosen.size]
    with tempfile.TemporaryDirectory(prefix="penstock-bench-") as folder:
        broker = Broker(Path(folder) / "kafka")
        bench = Bench(broker.start(0), Path(folder))
        try:
            found = {
                name: bench.measure(SCENARIOS[name], [*chosen.only], short, count, rounds)
                for name in chosen.scenario or SCENARIOS
            }
        finally:
            broker.stop()
    results = {"records": count, "rounds": rounds, "machine": machine(), "scenarios": found}
    print(report.text(results))
    if chosen.size == "full" and not chosen.scenario and chosen.only == list(CANDIDATES):
        for file in report.write(results):
            print(f"written: {file}")


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    cpu = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "unknown")
    return {
        "cpu": cpu, "cores": os.cpu_count(), "memory_gib": round(psutil.virtual_memory().total / 2**30), "flink": flink_version(),
        "python": ".".join(map(str, sys.version_info[:3])),
    }  # fmt: skip


class Bench:
    """A broker with topics of records, and a warm JVM."""

    def __init__(self, broker: str, folder: Path) -> None:
        self._broker, self._folder = broker, folder
        self._not_ours = {child.pid for child in psutil.Process().children(recursive=True)}
        gateway.prepare(("kafka", "penstock", "penstock-kafka"), folder / "logs")

    def measure(
        self, scenario: Scenario, candidates: list[str], short: int, count: int, rounds: int
    ) -> dict[str, Figures | str]:
        """Candidate to its figures, or to the reason why it has none."""
        self._topics(*{"short", "long", "small", "dead", *(f"out-{name}" for name in (*candidates, "sql"))})
        self._fill(scenario, "short", short)
        self._fill(scenario, "long", short + count)
        self._fill(scenario, "small", _CHECKED)
        found: dict[str, Figures | str] = {}
        expected = self._output(scenario, "sql")
        for name in candidates:
            if reason := self._unfit(scenario, name):
                found[name] = reason
            elif name not in ("limit", "sql") and (wrong := difference(expected, self._output(scenario, name))):
                raise SystemExit(f"{scenario.title}: the output of {name} differs from that of SQL: {wrong}")
            else:
                self._run(scenario, name, "short")  # the compilers of the JVM
                found[name] = {"wall": [], "cpu": []}
        for _ in range(rounds):
            for name, figures in found.items():
                if isinstance(figures, dict):
                    start, whole = (self._run(scenario, name, topic) for topic in ("short", "long"))
                    for key, before, after in zip(("wall", "cpu"), start, whole, strict=True):
                        figures[key].append(round(after - before, 3))
                    print(f"{name}: {figures}", file=sys.stderr)
        return found

    def _unfit(self, scenario: Scenario, name: str) -> str:
        if name != "loop":
            return ""
        if not scenario.loop:
            return "needs state that survives a failure"
        return "" if LOOP_PACKAGES.is_dir() else f"the folder {LOOP_PACKAGES.name} is missing: run scripts/bench"

    def _topics(self, *names: str) -> None:
        with closing(admin("bench", self._broker)) as client:
            there = [name for name in names if name in client.list_topics()]
            if there:
                client.delete_topics(there)
                while set(there) & set(client.list_topics()):
                    time.sleep(0.2)
            client.create_topics({name: {"num_partitions": 1, "replication_factor": 1} for name in names})

    def _place(self, topic: str, name: str) -> Place:
        return Place(self._broker, topic, f"out-{name}", self._folder)

    def _run(self, scenario: Scenario, name: str, topic: str) -> tuple[float, float]:
        wall, cpu = time.monotonic(), cpu_seconds(self._not_ours)
        CANDIDATES[name][1](scenario, self._place(topic, name))
        return time.monotonic() - wall, cpu_seconds(self._not_ours) - cpu

    def _output(self, scenario: Scenario, name: str) -> Counter[str]:
        """What a candidate makes of the smaller topic: each record, and how often it is written."""
        place = replace(self._place("small", name), out=f"check-{name}")
        self._topics(place.out)
        CANDIDATES[name][1](scenario, place)
        part = TopicPartition(place.out, 0)
        with closing(KafkaConsumer(bootstrap_servers=self._broker, isolation_level="read_committed")) as consumer:
            consumer.assign([part])
            consumer.seek_to_beginning(part)
            end, seen = consumer.end_offsets([part])[part], Counter[str]()
            while seen.total() < end:
                for records in consumer.poll(1000).values():
                    seen.update(json.dumps(json.loads(one.value), sort_keys=True) for one in records)
        return seen

    def _fill(self, scenario: Scenario, topic: str, count: int) -> None:
        env = gateway.environment(OPTIONS, False)
        made = {
            "connector": "datagen",
            "number-of-rows": f"{count}",
            "fields.id.kind": "sequence",
            "fields.id.start": "0",
        }
        text = ", ".join(f"'{key}' = '{value}'" for key, value in (made | {"fields.id.end": f"{count - 1}"}).items())
        env.execute_sql(f"CREATE TABLE made (id BIGINT) WITH ({text})")
        columns = ", ".join(f"`{name}` {kind.upper()}" for name, (kind, _) in scenario.record.items())
        table(env, "topic_in", self._place(topic, "sql"), topic, columns, {**JSON, **SINK})
        values = ", ".join(f"{value} AS `{name}`" for name, (_, value) in scenario.record.items())
        env.execute_sql(f"INSERT INTO topic_in SELECT {values} FROM made").wait()


def difference(expected: Counter[str], found: Counter[str]) -> str:
    """A record that only one of them has, or an empty text."""
    for what, records in (("missing", expected - found), ("too many", found - expected)):
        if records:
            return f"{records.total()} {what}, such as {next(iter(records))}"
    return ""


if __name__ == "__main__":
    main()
