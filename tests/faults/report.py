"""Write the page about the large trials from the lines that `scripts/faults` printed: `python -m tests.faults.report`."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[2] / "docs"
RESULTS, PAGE = DOCS / "faults.jsonl", DOCS / "faults.md"
FOUND = (
    "A TaskManager that was killed left its Python workers behind for ever: they end with it now (`udfs/worker.py`).",
    "Records without a key were lost silently where the key's format was JSON, and so were tombstones.",
    "Rows of a source subtask that woke from idleness were dropped by the window; a comparison behind a shuffle did not help, because "
    "there too a channel may be idle (`NeverIdle.java`).",
    "One TaskManager that does not answer holds up all metrics of the cluster for 10 minutes (`web.timeout`), and Flink still reports "
    "the old ones: `status` says that they are unknown.",
    "Beam logs the environment of Python workers at WARN too, secrets included: that logger is off.",
    "One Kafka in 64 could not be formatted: its random id began with a dash.",
    "A part of the envelope that the job file names too could not be in its dead letters as well.",
    "A producer that was fenced off ends the whole TaskManager (Flink 2.3, connector 5.0.0-2.2): see [exactly once](exactly_once.md).",
    "The error text of a dead letter had line breaks, which a CSV reader that goes by lines takes for rows.",
    "The dead letter of a record near the topic's limit was too large for Kafka, and the job failed on it each time: they are compressed.",
    "On a cluster that fetches metrics every 10 s, as Flink does unless told otherwise, `status` often did not know the counts of rows.",
    "A key of a job file in angle or square brackets raised where an error should have named it: the mutations now change trees too.",
    "A path in a job file with a NUL behind a tilde raised, and so did a model's path with the tilde of nobody: 10,000 strings found the "
    "one, their reading the other.",
    "TaskManagers of the compose file called themselves localhost: no metrics of theirs, and no rows between two of them.",
    "A length in a bad Avro record asks for more memory than there is: such a record is a dead letter like any other.",
    "A files sink kept its file open and invisible when its job was stopped, and a local run was cancelled where the docs promised a "
    "savepoint: what the last line counted as out could not be read.",
    "A bad record of a file failed a job with event time: Flink rejects a row without one before it can become a dead letter.",
    "A late row that came right after a restart, before the source's first watermark, was dropped by the window, which restores its own "
    "watermark: the source's is part of the checkpoint now (`KeptWatermark.java`).",
    "Python computed Kafka's checksums byte by byte: most of the time that `topics produce` and `dlq replay` took.",
)
BAD_INPUT = (
    (
        "10,000,000 mutated records through a topic, each a row or a dead letter with its bytes",
        "PENSTOCK_FUZZ=10000000 scripts/test tests/integration/test_bad_input.py",
    ),
    (
        "1,000,000 mutated job files, each accepted without an unknown key or rejected at its place, in less than 2 s",
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
_STOPPED = ("interrupt", "terminate", "timeout", "limit")


def page(results: list[dict[str, Any]]) -> str:
    """The report of these runs."""
    local = [run for run in results if set(run["faults"]) & set(_STOPPED)]
    trials = [run for run in results if run not in local]
    lines = [
        "# Under faults",
        "",
        _total(trials, "trials", "faults"),
        "",
        "Each line is a run of `scripts/faults` (see [exactly once](exactly_once.md)); this page is made of their output by",
        "`python -m tests.faults.report`. Recovery is from a kill to the end of the first checkpoint that began after it, in seconds,",
        "on two cores with the broker, three TaskManagers and (with JobManager kills) two JobManagers and ZooKeeper on them. A strike",
        "comes a second after the last recovery, so Flink waits its longest before each restart: 5 s on our stack. It was 10 s, and a",
        "broker came back 5 s later, when uppercase_filter, dedup and rolling_sum ran with seed 2026. All with that seed ran beside other",
        "work, those with 2027 beside little. The control is what the same harness found at `at_least_once` (files have no such guarantee:",
        "a row was added twice), and with a record taken away. The edges are the source, the sink and the sink for dead letters.",
        "",
        "| job | seed | edges | records | faults | damage | recovery p50, p95, max | control: twice, missing |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for run in trials:
        times = run["recovery_s"]
        shown = f"{times['p50']}, {times['p95']}, {times['max']}" if times else ""
        lines.append(f"{_row(run)} {shown} | {_control(run)} |")
    lines += _local(local) if local else []
    lines += ["", "## Bad input", "", "These tests run in CI with less, and were run once in full:", ""]
    lines += [f"- {what}: `{command}`" for what, command in BAD_INPUT]
    lines += ["", "## Found on the way", "", "Each has a test.", "", *(f"- {text}" for text in FOUND)]
    return "\n".join(lines) + "\n"


def _local(runs: list[dict[str, Any]]) -> list[str]:
    lines = [
        "",
        "## Stopped local runs",
        "",
        _total(runs, "groups of runs", "stops"),
        "",
        "Each stop is a `penstock run` of its own that copies records while they keep coming, until Ctrl-C, SIGTERM, `--timeout` or",
        "`--limit` stops it. The rows and dead letters that a reader then sees (committed records, visible files, lines on the console)",
        "must be the first records of each partition or file, each once, and as many as the last line of the run says. The control adds",
        "a row twice, and takes one away.",
        "",
        "| job | seed | edges | records | stops | damage | control: twice, missing |",
        "|---|---|---|---|---|---|---|",
    ]
    return [*lines, *(f"{_row(run)} {_control(run)} |" for run in runs)]


def _total(runs: list[dict[str, Any]], what: str, faults: str) -> str:
    counts: Counter[str] = Counter()
    for run in runs:
        counts.update(run["faults"])
    kinds = ", ".join(f"{count} {kind}" for kind, count in counts.most_common())
    damage = ", ".join(f"{sum(run.get(name, 0) for run in runs)} {name.replace('_', ' ')}" for name in _DAMAGE)
    records = sum(run["records"] for run in runs)
    return f"{records:,} records through {len(runs)} {what} with {sum(counts.values())} {faults} ({kinds}): {damage}."


def _row(run: dict[str, Any]) -> str:
    named = ", ".join(f"{count} {kind}" for kind, count in run["faults"].items())
    bad = ", ".join(f"{run[name]} {name}" for name in _DAMAGE if run.get(name)) or "none"
    edges = run.get("edges", "kafka-kafka-kafka").replace("-", ", ")
    return f"| {run['job']} | {run['seed']} | {edges} | {run['records']:,} | {named} | {bad} |"


def _control(run: dict[str, Any]) -> str:
    return f"{run['control']['twice']}, {run['control']['missing']}"


if __name__ == "__main__":
    PAGE.write_text(page([json.loads(line) for line in RESULTS.read_text("utf-8").splitlines()]), encoding="utf-8")
