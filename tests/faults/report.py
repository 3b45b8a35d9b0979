"""The page of the large trials, from the lines that `scripts/faults` printed: `python -m tests.faults.report`."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[2] / "docs"
RESULTS, PAGE = DOCS / "faults.jsonl", DOCS / "faults.md"
FOUND = (
    "A TaskManager that was killed left its Python workers behind for ever: they end with it now (`udfs/worker.py`).",
    "Records without a key were lost without a word where the key's format was JSON, and so were tombstones.",
    "Rows of a source subtask that woke from idleness were dropped by the window; a comparison behind a shuffle did not help, because "
    "there too a channel may be idle (`NeverIdle.java`).",
    "One TaskManager that does not answer holds up all metrics of the cluster for 10 minutes (`web.timeout`), and Flink goes on to give "
    "the old ones: `status` says that they are unknown.",
    "Beam logs the environment of Python workers at WARN too, secrets included: that logger is off.",
    "One Kafka in 64 could not be formatted: its random id began with a dash.",
    "A part of the envelope that the job file names too could not be in its dead letters as well.",
    "A producer that was fenced off ends the whole TaskManager (Flink 2.3, connector 5.0.0-2.2): see [exactly once](exactly_once.md).",
    "The error text of a dead letter had line breaks, which a CSV reader that goes by lines takes for rows.",
    "The letter of a record near the topic's limit was too large for Kafka, and the job failed over it for ever: letters are compressed.",
    "On a cluster that fetches metrics every 10 s, as Flink does unless told otherwise, `status` often did not know the counts of rows.",
    "A key of a job file in angle or square brackets raised where it should have been refused by name: the mutations now change trees too.",
    "A path in a job file with a NUL behind a tilde raised, and so did a model's path with the tilde of nobody: 10,000 strings found the "
    "one, their reading the other.",
    "TaskManagers of the compose file called themselves localhost: no metrics of theirs, and no rows between two of them.",
    "A length in a bad Avro record asks for more memory than there is: such a record is a dead letter like any other.",
    "Python computed Kafka's checksums byte by byte: most of the time that `topics produce` and `dlq replay` took.",
)
BAD_INPUT = (
    (
        "10,000,000 mutated records through a topic, each a row or a dead letter with its bytes",
        "PENSTOCK_FUZZ=10000000 scripts/test tests/integration/test_bad_input.py",
    ),
    (
        "1,000,000 mutated job files, each accepted without an unknown key or refused at its place, in less than 2 s",
        "PENSTOCK_FUZZ=1000000 scripts/test tests/scripts/config/test_fuzz.py",
    ),
    (
        "100,000 generated streams (shuffled, late, tied) through each of seven jobs, as by the reference",
        "PENSTOCK_STREAMS=100000 scripts/test tests/jobs/test_many_streams.py",
    ),
    (
        "10,000 strings in every text of a job file, none of which changes anything but its own key",
        "PENSTOCK_FUZZ=10000 scripts/test tests/scripts/config/test_injection.py",
    ),
)
_DAMAGE = ("missing", "twice", "out_of_order", "wrong", "unaccounted", "orphans")


def page(results: list[dict[str, Any]]) -> str:
    """The report of these runs."""
    faults: Counter[str] = Counter()
    for run in results:
        faults.update(run["faults"])
    damage = {name: sum(run[name] for run in results) for name in _DAMAGE}
    kinds = ", ".join(f"{count} {kind}" for kind, count in faults.most_common())
    lines = [
        "# Under faults",
        "",
        f"{sum(run['records'] for run in results):,} records through {len(results)} trials with {sum(faults.values())} faults ({kinds}): "
        + ", ".join(f"{damage[name]} {name.replace('_', ' ')}" for name in _DAMAGE)
        + ".",
        "",
        "Each line is a run of `scripts/faults` (see [exactly once](exactly_once.md)); this page is made of their output by",
        "`python -m tests.faults.report`. Recovery is from a kill to the end of the first checkpoint that began after it, in seconds,",
        "on two cores with the broker, three TaskManagers and (with JobManager kills) two JobManagers and ZooKeeper on them. A strike",
        "comes a second after the last recovery, so Flink waits its longest before each restart: 5 s on our stack. It was 10 s, and a",
        "broker came back 5 s later, when uppercase_filter, dedup and rolling_sum ran with seed 2026. All with that seed ran beside other",
        "work, those with 2027 beside little. The control is what the same harness found at `at_least_once`, and with a record taken away.",
        "",
        "| job | seed | records | faults | damage | recovery p50, p95, max | control: twice, missing |",
        "|---|---|---|---|---|---|---|",
    ]
    for run in results:
        named = ", ".join(f"{count} {kind}" for kind, count in run["faults"].items())
        times, seen = run["recovery_s"], run["control"]
        bad = ", ".join(f"{run[name]} {name}" for name in _DAMAGE if run[name]) or "none"
        lines.append(
            f"| {run['job']} | {run['seed']} | {run['records']:,} | {named} | {bad} "
            f"| {times['p50']}, {times['p95']}, {times['max']} | {seen['twice']}, {seen['missing']} |"
        )
    lines += ["", "## Bad input", "", "These tests run in CI with less, and were run once in full:", ""]
    lines += [f"- {what}: `{command}`" for what, command in BAD_INPUT]
    lines += ["", "## Found on the way", "", "Each has a test.", "", *(f"- {text}" for text in FOUND)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page([json.loads(line) for line in RESULTS.read_text("utf-8").splitlines()]), encoding="utf-8")
