"""A trial from its first record to its verdict."""

from __future__ import annotations

import json
import math
import random
import re
import statistics
import sys
import time
from base64 import b64decode
from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.faults.edges import Edges
from tests.faults.feed import Read
from tests.faults.oracle import Out, Verdict, compare
from tests.faults.record import Record
from tests.faults.scenarios import SCENARIOS, record
from tests.faults.scenarios import closing as closing_records
from tests.faults.site import NAME, Site
from tests.faults.strikes import KILLS, Strike, strike


@dataclass(frozen=True)
class Trial:
    """The settings of a trial: at least `records` records, sent at `rate` per second while the strikes last."""

    job: str
    seed: int
    records: int
    strikes: list[Strike]
    guarantee: str = "exactly_once"
    rate: float = 300
    edges: Edges = field(default_factory=Edges)


@dataclass
class Outcome:
    """The result of a trial. Counts are records; `recovery` holds the seconds from each kill to the end of the next checkpoint."""

    verdict: Verdict
    unaccounted: int
    orphans: int
    recovery: list[float] = field(default_factory=list)
    faults: dict[str, int] = field(default_factory=dict)
    loss_seen: int = 0
    double_seen: int = 0

    @property
    def clean(self) -> bool:
        """Whether no record is missing, duplicated or wrong."""
        return self.verdict.clean and not self.unaccounted and not self.orphans

    def as_dict(self) -> dict[str, Any]:
        """The line that the command prints."""
        v = self.verdict
        return {
            "records": v.records, "missing": v.missing, "twice": v.twice, "out_of_order": v.out_of_order, "wrong": v.wrong,
            "unaccounted": self.unaccounted, "orphans": self.orphans, "faults": self.faults,
            "recovery_s": percentiles(self.recovery),
        }  # fmt: skip


def percentiles(times: list[float]) -> dict[str, float]:
    """The median, the 95th percentile (nearest rank: the maximum of fewer than 20 values) and the maximum; empty without values."""
    if not times:
        return {}
    ranked = sorted(times)
    nearest = ranked[math.ceil(0.95 * len(ranked)) - 1]
    return {"p50": round(statistics.median(ranked), 1), "p95": round(nearest, 1), "max": round(ranked[-1], 1)}


def run(trial: Trial, folder: Path) -> Outcome:
    """Start everything, strike, wait for the job to finish, compare. Raises AssertionError when the job does not recover."""
    scenario = SCENARIOS[trial.job]
    kinds = {one.kind for one in trial.strikes}
    dice = random.Random(trial.seed)
    recovery: list[float] = []
    with Site(folder, scenario, trial.guarantee, "jobmanager" in kinds, "disk" in kinds, trial.edges) as site:
        feed = site.feed(lambda n: record(trial.seed, n), trial.rate)
        watcher = site.watcher()
        site.submit()
        feed.start()
        watcher.start()
        site.await_recovery(time.time())
        for index, one in enumerate(trial.strikes, 1):
            began, after = strike(site, one, dice)
            seconds = site.await_recovery(after) + after - began
            recovery += [seconds] if one.kind in KILLS else []
            _say(f"{index}/{len(trial.strikes)} {one}: recovered in {seconds:.1f} s; {feed.sent:,} records sent")
        sent = feed.end(trial.records)
        _say(f"{sent:,} records sent; waiting until all are read")
        last = closing_records(trial.seed, sent)
        site.send_last(feed, last)
        site.await_drained(sent + len(last))
        rows = site.rows()
        site.penstock("stop", NAME)
        came, dead_letters, fed = (site.read(part) for part in ("out", "dead", "in"))
        changed = watcher.end(came) + watcher.repeated
        orphans = len(site.orphans)
    records = [record(trial.seed, n) for n in range(sent)]
    expected = scenario.expected(folder / "parallel-1.yaml", records)
    outs = [scenario.out(row) for row in map(json.loads, (one.value for one in came)) if not _closing(row)]
    if trial.edges != Edges():  # files have no order among them
        outs = [replace(one, key=None) for one in outs]
    verdict = compare(expected, outs) + dead_letters_verdict(records, dead_letters) + Verdict(wrong=changed)
    outcome = Outcome(verdict, unaccounted(rows, fed, came, dead_letters), orphans, recovery)
    outcome.faults = dict(Counter(one.kind for one in trial.strikes))
    outcome.loss_seen = compare(expected, outs[1:]).missing
    outcome.double_seen = compare(expected, outs + outs[:1]).twice
    return outcome


def _closing(row: dict[str, Any]) -> bool:
    return str(row["user"]).lower().startswith("closing")


def dead_letters_verdict(records: list[Record], dead_letters: list[Read]) -> Verdict:
    """Each bad record is exactly one dead letter, with its bytes."""
    expected: dict[Hashable, str] = {one.n: one.value.hex() for one in records if one.bad}
    outs = []
    for dead_letter in dead_letters:
        raw = b64decode(json.loads(dead_letter.value)["raw"])
        number = re.match(rb'{"n": (\d+)', raw)
        outs.append(Out(int(number[1]) if number else raw, raw.hex()))
    return compare(expected, outs)


def unaccounted(rows: dict[str, int | None], fed: list[Read], came: list[Read], dead_letters: list[Read]) -> int:
    """The number of records by which the job's own counts differ from the topics."""
    if None in (rows["in"], rows["out"], rows["dead"], rows["late"]):
        return len(fed)
    _say(f"the job counts {rows}; the topics hold {len(fed)} in, {len(came)} out, {len(dead_letters)} dead letters")
    counted = (rows["in"] or 0, rows["out"] or 0, (rows["dead"] or 0) + (rows["late"] or 0))
    return sum(abs(a - len(b)) for a, b in zip(counted, (fed, came, dead_letters), strict=True))


def _say(text: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stderr.flush()
