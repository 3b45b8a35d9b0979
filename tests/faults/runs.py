"""Stop local runs, and compare the counts that `penstock run` prints with what a reader can read afterwards.

Each run copies records that keep coming. Whatever stopped it, the rows and dead letters that can be read must be the first records of
each partition (or file), each once, and exactly as many as the last line of the run says.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from penstock.connectors.kafka.preflight import admin
from penstock.connectors.kafka.transactions import open_transactions
from tests.faults.edges import Edges, FolderFeed, dead_numbers, read
from tests.faults.feed import Feed
from tests.faults.oracle import Out, Verdict, compare
from tests.faults.record import Record
from tests.faults.scenarios import COPY, PARTITIONS, record

STOPS = ("interrupt", "terminate", "timeout", "limit")
_PENSTOCK = Path(sys.executable).with_name("penstock")
_SUMMARY = re.compile(
    r"rows in ([\d,]+), out ([\d,]+), (?:filtered|on the way|unaccounted) ([\d,]+), dead letters ([\d,]+)"
)
_LIMIT = re.compile(r"stopped after --limit (\d+)")
_EXIT_CODES = {"interrupt": 130, "terminate": 130, "timeout": 0, "limit": 0}


@dataclass
class Outcome:
    """The result of many runs. `unaccounted` is the number of rows by which the printed counts differ from what can be read."""

    verdict: Verdict = field(default_factory=Verdict)
    unaccounted: int = 0
    stops: Counter[str] = field(default_factory=Counter)
    controls: Counter[str] = field(default_factory=Counter)

    @property
    def clean(self) -> bool:
        """Whether every row was accounted for."""
        return self.verdict.clean and not self.unaccounted

    @property
    def blind(self) -> bool:
        """Whether the oracle misses a loss or a duplicate that was made on purpose, or none was made."""
        made = self.controls["made"]
        return not made or self.controls["missing"] < made or self.controls["twice"] < made

    def as_dict(self) -> dict[str, Any]:
        """The line that the command prints."""
        v = self.verdict
        return {
            "records": v.records, "missing": v.missing, "twice": v.twice, "out_of_order": v.out_of_order, "wrong": v.wrong,
            "unaccounted": self.unaccounted, "faults": dict(self.stops),
            "control": {"twice": self.controls["twice"], "missing": self.controls["missing"]},
        }  # fmt: skip


def run(edges: Edges, seed: int, stops: list[str], kafka: str, folder: Path, rate: float = 400) -> Outcome:
    """One run for each stop, in a folder (and topics) of its own. With a console sink alone, `--limit` hides rows that the job has
    written: its output does not show what such a run has read."""
    assert edges.sink != "console" or "limit" not in stops
    dice, outcome = random.Random(seed), Outcome()
    for turn, stop in enumerate(stops):
        here = folder / f"run-{turn}"
        here.mkdir(parents=True)
        _one(edges, f"{edges.name}-{seed}-{turn}", seed + turn, stop, dice, kafka, here, rate, outcome)
        outcome.stops[stop] += 1
    return outcome


def _one(
    edges: Edges, name: str, seed: int, stop: str, dice: random.Random, kafka: str, folder: Path, rate: float, outcome: Outcome
) -> None:  # fmt: skip
    topics = {part: f"{name}-{part}" for part in ("in", "out", "dead")}
    with closing(admin("faults", kafka)) as client:
        client.create_topics({t: {"num_partitions": PARTITIONS, "replication_factor": 1} for t in topics.values()})
    console = stop == "limit" or edges.sink == "console"
    job = COPY.write(folder, "exactly_once", 1, "job.yaml", edges, topics, f"copy-{seed}", console=console)
    with _feeding(edges, kafka, topics["in"], folder, seed, rate) as places:
        done = _stopped(job, stop, dice, kafka, folder)
    code, text = done.returncode, done.stderr.decode()
    assert code == _EXIT_CODES[stop], f"{stop} ended with {code}: {text}"
    records = {one.n: one for one in (record(seed, n) for n in range(sum(map(len, places.values()))))}
    expected = COPY.expected(job, records.values())
    lines = (
        done.stdout.splitlines() if edges.sink == "console"
        else [one.value for one in read(edges.sink, kafka, topics["out"], folder / "out")]
    )  # fmt: skip
    outs = [COPY.out(json.loads(line)) for line in lines]
    dead = dead_numbers(read(edges.dead, kafka, topics["dead"], folder / "dead"))
    _judge(outcome, places, records, expected, outs, dead, text)
    if stop == "limit":
        shown = _LIMIT.search(text)
        outcome.unaccounted += abs(len(done.stdout.splitlines()) - int(shown[1])) if shown else 1
    outcome.unaccounted += len(open_transactions(kafka, f"copy-{seed}.local"))


@contextmanager
def _feeding(
    edges: Edges, kafka: str, topic: str, folder: Path, seed: int, rate: float
) -> Iterator[dict[Hashable, list[int]]]:
    """Send records while the block runs; afterwards it holds the numbers of each partition's (or file's) records, in order."""
    places: dict[Hashable, list[int]] = defaultdict(list)

    def make(n: int) -> Record:
        return record(seed, n)

    if edges.source == "files":
        folder_feed = FolderFeed(folder / "in", make, rate)
        folder_feed.start()
        yield places
        folder_feed.end(0)
        places.update(folder_feed.files)
        return
    feed = Feed(kafka, topic, make, rate)
    feed.start()
    yield places
    for n in range(feed.end(0)):
        places[make(n).partition].append(n)


def _stopped(job: Path, stop: str, dice: random.Random, kafka: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """Start the command and stop it in one of the ways."""
    more = {"timeout": ["--timeout", f"{dice.uniform(1, 8):.1f}"], "limit": ["--limit", str(dice.randrange(1, 1500))]}
    with (folder / "out.txt").open("wb") as out, (folder / "err.txt").open("wb") as err:
        running = subprocess.Popen(
            [_PENSTOCK, "run", str(job), *more.get(stop, [])], cwd=folder, env={**os.environ, "KAFKA": kafka}, stdout=out,
            stderr=err, start_new_session=True, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )  # fmt: skip
        if stop in ("interrupt", "terminate"):
            if dice.random() < 0.8:
                _await_rows(running, folder)
            time.sleep(dice.uniform(0, 4))
            if running.poll() is not None:
                raise AssertionError(
                    f"the run ended before it was stopped: {(folder / 'err.txt').read_text('utf-8')[-2000:]}"
                )
            # Ctrl-C goes to everything in the terminal's foreground; a service manager ends the command alone.
            (os.killpg if stop == "interrupt" else os.kill)(running.pid, _SIGNALS[stop])
        running.wait(timeout=600)
    return subprocess.CompletedProcess(
        running.args, running.returncode, (folder / "out.txt").read_bytes(), (folder / "err.txt").read_bytes()
    )


_SIGNALS = {"interrupt": signal.SIGINT, "terminate": signal.SIGTERM}


def _await_rows(running: subprocess.Popen[bytes], folder: Path) -> None:
    """Wait until the job has begun to write files on this machine; else for 10 s, which is longer than it usually takes to start."""
    until = time.monotonic() + (10 if not _writes_files(folder) else 120)
    while time.monotonic() < until and running.poll() is None:
        if any((folder / "out").glob("*")) or any((folder / "dead").glob("*")) or (folder / "out.txt").stat().st_size:
            return
        time.sleep(0.05)


def _writes_files(folder: Path) -> bool:
    job = (folder / "job.yaml").read_text(encoding="utf-8")
    return "path: out" in job or "path: dead" in job or "console" in job


def _judge(
    outcome: Outcome, places: dict[Hashable, list[int]], records: dict[int, Record], expected: dict[Hashable, str],
    outs: list[Out], dead: list[int], text: str,
) -> None:  # fmt: skip
    """Rows and dead letters together are the first records of each partition or file, each once, and as many as the printed counts."""
    summary = _SUMMARY.search(text)
    if summary is None:  # it was interrupted before it started: then nothing may have come out
        assert "interrupted" in text, text
    rows_in, rows_out, filtered, dead_letters = (_int(found) for found in summary.groups()) if summary else (0, 0, 0, 0)
    came = {int(str(one.id)) for one in outs} | set(dead)
    read_so_far = [n for numbers in places.values() for n in numbers[: sum(1 for n in numbers if n in came)]]
    wanted: dict[Hashable, str] = {n: expected[n] for n in read_so_far if not records[n].bad}
    bad: dict[Hashable, str] = {n: "" for n in read_so_far if records[n].bad}
    outcome.verdict += compare(wanted, outs) + compare(bad, [Out(n, "") for n in dead])
    printed = (rows_in, rows_out, dead_letters, filtered)
    readable = (len(read_so_far), len(outs), len(dead), 0)
    outcome.unaccounted += sum(abs(a - b) for a, b in zip(printed, readable, strict=True))
    if len(outs) > 1:
        outcome.controls["made"] += 1
        outcome.controls["missing"] += compare(wanted, outs[1:]).missing
        outcome.controls["twice"] += compare(wanted, outs + outs[:1]).twice


def _int(text: str) -> int:
    return int(text.replace(",", ""))
