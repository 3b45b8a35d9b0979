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
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
from kafka import KafkaConsumer, TopicPartition

from benchmarks import peers, report
from benchmarks.candidate import OPTIONS, Place
from benchmarks.candidates import CANDIDATES, FLINK, JSON, SINK, cpu_seconds, table
from benchmarks.peers.steps import OUT_OF_ORDER, START, text
from benchmarks.scenarios import SCENARIOS, Scenario
from penstock.connectors.kafka.preflight import admin
from penstock.connectors.runtime.home import flink_version
from penstock.scripts.jvm import gateway
from penstock.scripts.stack.kafka import Broker

SIZES = {"small": (100_000, 200_000, 1), "full": (300_000, 1_000_000, 3)}
"""Size to the records of the short run, how many more the long run has, and rounds."""

_CORE = [*(name for name in FLINK if name != "datastream"), "loop"]
"""The candidates that are measured by default."""

_CHECKED = 120_000
"""Records of the smaller topic, whose outputs are compared."""

_LAST = START + timedelta(milliseconds=_CHECKED // 10) - OUT_OF_ORDER
"""The event time that the smaller topic reaches."""

Figures = dict[str, list[float]]
"""`wall` and `cpu`: microseconds per record, of each round."""


def main() -> None:
    """Measure, print a table, and with all candidates in full size write the results of each scenario in place of its earlier ones."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument(
        "scenario", nargs="*", metavar="SCENARIO", help=f"one of: {', '.join(SCENARIOS)}; all by default"
    )
    parser.add_argument(
        "--size", choices=SIZES, default="small", help="small (200,000 records) or full (1,000,000, three rounds)"
    )
    parser.add_argument(
        "--only",
        nargs="+",
        choices=CANDIDATES,
        help=f"the candidates to measure; by default all with --size full, otherwise: {' '.join(_CORE)}",
    )
    parser.add_argument("--rounds", type=int, help="how often each candidate is measured, in turn")
    chosen = parser.parse_args()
    only = chosen.only or (list(CANDIDATES) if chosen.size == "full" else _CORE)
    if unknown := [name for name in chosen.scenario if name not in SCENARIOS]:
        parser.error(f'"{unknown[0]}" is not a scenario; choose from: {", ".join(SCENARIOS)}')
    for name in peers.PEERS:
        if name in only:
            peers.install(name)
    short, count, rounds = SIZES[chosen.size]
    rounds = chosen.rounds or rounds
    with tempfile.TemporaryDirectory(prefix="penstock-bench-") as folder:
        broker = Broker(Path(folder) / "kafka")
        bench = Bench(broker.start(0), Path(folder))
        try:
            for name in chosen.scenario or SCENARIOS:
                found = bench.measure(SCENARIOS[name], only, short, count, rounds)
                results = {name: {"records": count, "rounds": rounds, "machine": machine(), "candidates": found}}
                print(report.text(results))
                if chosen.size == "full" and not chosen.only:
                    report.write(results)
        finally:
            broker.stop()


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
        shares = {CANDIDATES[name].share for name in candidates}
        lengths = {
            f"{name}-{share}": size // share
            for share in shares
            for name, size in (("short", short), ("long", short + count))
        }
        self._topics(*lengths, "small", "dead", *(f"out-{name}" for name in (*candidates, "sql")))
        for topic, size in {**lengths, "small": _CHECKED}.items():
            self._fill(scenario, topic, size)
        found: dict[str, Figures | str] = {}
        expected = self._output(scenario, "sql")
        for name in candidates:
            reason = self._why_not(scenario, name, expected)
            found[name] = reason or {"wall": [], "cpu": []}
            if not reason:  # the compilers of the JVM
                self._run(scenario, name, f"{'long' if name in FLINK else 'short'}-{CANDIDATES[name].share}")
        for _ in range(rounds):
            for name, figures in found.items():
                if isinstance(figures, dict):
                    self._round(scenario, name, count, figures)
                    print(f"{scenario.name} {name}: {figures}", file=sys.stderr)
        return found

    def _why_not(self, scenario: Scenario, name: str, expected: Counter[str]) -> str:
        """Why a candidate cannot be measured; empty if its output is the expected one. Raises SystemExit if Penstock's is not."""
        one = CANDIDATES[name]
        if scenario.name not in one.scenarios:
            return one.why_not
        if name in ("limit", "sql"):
            return ""
        wanted = Counter({row: n for row, n in expected.items() if not one.leaves_open or _closed(row)})
        try:
            wrong = difference(wanted, self._output(scenario, name))
        except subprocess.SubprocessError as problem:
            return f"does not run here ({type(problem).__name__})"
        if wrong and name in FLINK:
            raise SystemExit(f"{scenario.title}: the output of {name} differs from that of SQL: {wrong}")
        if wrong:
            print(f"{name}: {wrong}", file=sys.stderr)
        return f"its output differs: {wrong.partition(',')[0]}" if wrong else ""

    def _round(self, scenario: Scenario, name: str, count: int, figures: Figures) -> None:
        """Add what a long run took longer than a short one, per record."""
        share = CANDIDATES[name].share
        start, whole = (self._run(scenario, name, f"{topic}-{share}") for topic in ("short", "long"))
        for key, before, after in zip(("wall", "cpu"), start, whole, strict=True):
            figures[key].append(round(1e6 * (after - before) / (count // share), 3))

    def _topics(self, *names: str) -> None:
        with closing(admin("bench", self._broker)) as client:
            there = sorted(set(names) & set(client.list_topics()))
            if there:
                client.delete_topics(there)
                while set(there) & set(client.list_topics()):
                    time.sleep(0.2)
            client.create_topics({name: {"num_partitions": 1, "replication_factor": 1} for name in names})

    def _place(self, topic: str, name: str) -> Place:
        return Place(self._broker, topic, f"out-{name}", self._folder)

    def _run(self, scenario: Scenario, name: str, topic: str) -> tuple[float, float]:
        wall, cpu = time.monotonic(), cpu_seconds(self._not_ours)
        CANDIDATES[name].run(scenario, self._place(topic, name))
        return time.monotonic() - wall, cpu_seconds(self._not_ours) - cpu

    def _output(self, scenario: Scenario, name: str) -> Counter[str]:
        """What a candidate makes of the smaller topic: each record, and how often it is written."""
        place = replace(self._place("small", name), out=f"check-{name}")
        self._topics(place.out)
        CANDIDATES[name].run(scenario, place)
        part = TopicPartition(place.out, 0)
        with closing(KafkaConsumer(bootstrap_servers=self._broker, isolation_level="read_committed")) as consumer:
            consumer.assign([part])
            consumer.seek_to_beginning(part)
            end, seen = consumer.end_offsets([part])[part], Counter[str]()
            while seen.total() < end:
                for records in consumer.poll(1000).values():
                    rows = (json.loads(one.value, parse_float=_rounded) for one in records)
                    seen.update(json.dumps(CANDIDATES[name].plain(row), sort_keys=True) for row in rows)
        return seen

    def _fill(self, scenario: Scenario, topic: str, count: int) -> None:
        env = gateway.environment(OPTIONS, False)
        made = {
            "connector": "datagen",
            "number-of-rows": f"{count}",
            "rows-per-second": "10000000",  # by default ten thousand
            "fields.id.kind": "sequence",
            "fields.id.start": "0",
        }
        text = ", ".join(f"'{key}' = '{value}'" for key, value in (made | {"fields.id.end": f"{count - 1}"}).items())
        env.execute_sql(f"CREATE TABLE made (id BIGINT) WITH ({text})")
        columns = ", ".join(f"`{name}` {kind.upper()}" for name, (kind, _) in scenario.record.items())
        table(env, "topic_in", self._place(topic, "sql"), topic, columns, {**JSON, **SINK})
        values = ", ".join(f"{value} AS `{name}`" for name, (_, value) in scenario.record.items())
        env.execute_sql(f"INSERT INTO topic_in SELECT {values} FROM made").wait()


def _rounded(number: str) -> float:
    """A number with six decimal places: the order of a sum is not the same everywhere."""
    return round(float(number), 6)


def _closed(row: str) -> bool:
    """Whether a row of the smaller topic is not that of a window that is still open at its end."""
    end = json.loads(row).get("window_end")
    return end is None or end <= text(_LAST)


def difference(expected: Counter[str], found: Counter[str]) -> str:
    """How many records only one of them has, with one of each; an empty text if they are equal."""
    several = {"missing": expected - found, "too many": found - expected}
    return "; ".join(f"{one.total()} {what}, such as {next(iter(one))}" for what, one in several.items() if one.total())


if __name__ == "__main__":
    main()
