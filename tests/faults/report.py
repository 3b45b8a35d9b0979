"""Write the page about the large trials from the lines that `scripts/faults` printed: `python -m tests.faults.report`."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[2] / "docs"
RESULTS, PAGE = DOCS / "faults.jsonl", DOCS / "faults.md"
FOUND = (
    "The Python workers of a killed TaskManager kept running forever. They now end with the TaskManager (`udfs/worker.py`).",
    "Records without a key were lost silently if the format of the key was JSON, and so were tombstones.",
    "The window dropped rows of a source subtask that became active again after it was idle. A comparison behind a shuffle did not help, "
    "because there too a channel may be idle (`NeverIdle.java`).",
    "One TaskManager that does not answer holds up all metrics of the cluster for 10 minutes (`web.timeout`), while Flink reports the old "
    "ones. `status` now says that they are unknown.",
    "Beam logs the environment of Python workers, secrets included, also at level WARN. That logger is now off.",
    "One in 64 Kafka brokers of the stack could not be formatted, because its random id began with a dash.",
    "A field of the envelope that the job file also used as a column was missing in the dead letters.",
    "A fenced producer ends the whole TaskManager (Flink 2.3, connector 5.0.0-2.2): see [exactly once](exactly_once.md).",
    "The error text of a dead letter contained line breaks, which a CSV reader that reads line by line takes for rows.",
    "The dead letter of a record near the size limit of the topic was too large for Kafka, and the job failed on it again and again. "
    "Dead letters are now compressed.",
    "On a cluster that fetches metrics every 10 s, which is Flink's default, `status` often did not know the row counts.",
    "A key of a job file in angle or square brackets raised an exception instead of an error that names it. The fuzz test now "
    "also changes parsed job files.",
    "A path in a job file with a NUL after a tilde raised an exception, and so did the path of a model with the tilde of an unknown user.",
    "The TaskManagers of the compose file called themselves localhost, so that they had no metrics and could not exchange rows.",
    "A length in an invalid Avro record requested more memory than the machine has. Such a record is now a dead letter like any other.",
    "The files sink kept its file open and invisible when its job was stopped, and a local run was cancelled where the documentation "
    "promised a savepoint. So rows that the last line counted as `out` could not be read.",
    "An undecodable record of a file failed a job with event time: Flink rejects a row without event time before it can become a dead "
    "letter.",
    "The window dropped a late row that arrived directly after a restart, before the first watermark of the source, because the window "
    "restores its own watermark. The watermark of the source is now part of the checkpoint (`KeptWatermark.java`).",
    "Flink fails a job whose file source receives the next file right after the savepoint of a stop. A local run then ended with rows that "
    "were counted and not committed. It now restores the job from that savepoint, which commits them, and stops it again.",
    "Python computed Kafka's checksums byte by byte, which took most of the time of `topics produce` and `dlq replay`.",
)
BAD_INPUT = (
    (
        "10,000,000 mutated records went through a topic. Each became a row or a dead letter with its bytes",
        "PENSTOCK_FUZZ=10000000 scripts/test tests/integration/test_bad_input.py",
    ),
    (
        "1,000,000 mutated job files were checked. Each was accepted without an unknown key, or rejected at the right place, in under 2 s",
        "PENSTOCK_FUZZ=1000000 scripts/test tests/scripts/config/test_fuzz.py",
    ),
    (
        "100,000 generated streams (shuffled, with late rows and equal times) went through each of seven jobs, and had the result of the "
        "reference",
        "PENSTOCK_STREAMS=100000 scripts/test tests/jobs/test_many_streams.py",
    ),
    (
        "10,000 strings were put in every text of a job file. None changed anything but its own key",
        "PENSTOCK_FUZZ=10000 scripts/test tests/scripts/config/test_injection.py",
    ),
)
_ABOUT = """\
# Under faults

After this page you know how jobs of Penstock were tested while their processes failed, and how to repeat such a trial.

{total}

Each row of the table is one trial: a run of `scripts/faults`, which [exactly once](exactly_once.md#proof) explains.
`python -m tests.faults.report` generates this page from their output.

- **job**: a job of the library, or `pandas` (`map` with a pandas function) or `copy` (`uppercase_filter` without a predicate).
- **edges**: the source, the sink and the sink for dead letters. `parquet` is the sink `files` with Parquet files in a folder for each user.
  The endpoint of `http` keeps one row for each idempotency key, and the consumer of `rabbitmq` one for each message id.
- **faults**: how many of each kind. `taskmanager`, `jobmanager`, `broker`, `server` (that of the source or the sink) and `worker` (a Python
  worker) are killed. `pause` stops a TaskManager for 8 s, `network` cuts the connection to Kafka, or to that server, for 5 s, `disk` fills
  the disk of the checkpoints for 6 s, and `corrupt` damages files of the newest checkpoint. `upgrade` changes the parallelism, `cli` kills
  the command during an upgrade, and `stop` stops the job with a savepoint and resumes it.
- **damage**: records that are missing, duplicated, out of order, wrong or unaccounted, and orphans (processes left running).
- **recovery**: the time from a kill to the end of the first checkpoint that began after it, in seconds: median, 95th percentile and
  maximum. Everything ran on two cores: the broker, three TaskManagers and, in trials with JobManager kills, two JobManagers and ZooKeeper.
  The next fault follows one second after the recovery, so Flink always waits for its longest restart delay, which is 5 s on the stack. In
  the trials of uppercase_filter, dedup and rolling_sum with seed 2026 the delay was 10 s, and a broker started 5 s later. Other work ran on
  the machine during the trials with seed 2026, and little during those with seed 2027.
- **control**: the errors that the harness found when there were some: the duplicates of the same job at `at_least_once`, and the missing
  records after a record was removed from the output. Files have no weaker guarantee, so a row was added twice instead.

"""
_STOPPED_RUNS = """\
For each stop, a `penstock run` copies records while further records arrive, until Ctrl-C, SIGTERM, `--timeout` or `--limit` stops it. The
rows and dead letters that a reader then sees (committed records, visible files, lines on the console) must be the first records of each
partition or file, each once, and as many as the last line of the run says. For the control, a row is added twice, and a row is removed.
"""
_DAMAGE = {
    "missing": "missing", "twice": "duplicated", "out_of_order": "out of order", "wrong": "wrong", "unaccounted": "unaccounted",
    "orphans": "orphans",
}  # fmt: skip
"""Key of a run's result to its word on the page."""
_STOPPED = ("interrupt", "terminate", "timeout", "limit")


def page(results: list[dict[str, Any]]) -> str:
    """The report of these runs."""
    local = [run for run in results if set(run["faults"]) & set(_STOPPED)]
    trials = [run for run in results if run not in local]
    lines = [
        *_ABOUT.format(total=_total(trials, "trials", "faults")).splitlines(),
        "| job | seed | edges | records | faults | damage | recovery p50, p95, max | control: duplicated, missing |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for run in trials:
        times = run["recovery_s"]
        shown = f"{times['p50']}, {times['p95']}, {times['max']}" if times else ""
        lines.append(f"{_row(run)} {shown} | {_control(run)} |")
    lines += _local(local) if local else []
    lines += ["", "## Bad input", "", "CI runs these tests with fewer inputs. Each ran once in full:", ""]
    lines += [f"- {what}: `{command}`" for what, command in BAD_INPUT]
    lines += [
        "",
        "## Found on the way",
        "",
        "The trials found these problems. Each is fixed or reported, and has a test.",
        "",
        *(f"- {text}" for text in FOUND),
    ]
    return "\n".join(lines) + "\n"


def _local(runs: list[dict[str, Any]]) -> list[str]:
    lines = [
        "",
        "## Stopped local runs",
        "",
        _total(runs, "groups of runs", "stops"),
        "",
        *_STOPPED_RUNS.splitlines(),
        "",
        "| job | seed | edges | records | stops | damage | control: duplicated, missing |",
        "|---|---|---|---|---|---|---|",
    ]
    return [*lines, *(f"{_row(run)} {_control(run)} |" for run in runs)]


def _total(runs: list[dict[str, Any]], what: str, faults: str) -> str:
    counts: Counter[str] = Counter()
    for run in runs:
        counts.update(run["faults"])
    kinds = ", ".join(f"{count} {kind}" for kind, count in counts.most_common())
    damage = ", ".join(f"{sum(run.get(name, 0) for run in runs)} {word}" for name, word in _DAMAGE.items())
    records = sum(run["records"] for run in runs)
    return f"**{records:,} records went through {len(runs)} {what} with {sum(counts.values())} {faults}** ({kinds}): {damage}."


def _row(run: dict[str, Any]) -> str:
    named = ", ".join(f"{count} {kind}" for kind, count in run["faults"].items())
    bad = ", ".join(f"{run[name]} {word}" for name, word in _DAMAGE.items() if run.get(name)) or "none"
    edges = run.get("edges", "kafka-kafka-kafka").replace("-", ", ")
    return f"| {run['job']} | {run['seed']} | {edges} | {run['records']:,} | {named} | {bad} |"


def _control(run: dict[str, Any]) -> str:
    return f"{run['control']['twice']}, {run['control']['missing']}"


if __name__ == "__main__":
    PAGE.write_text(page([json.loads(line) for line in RESULTS.read_text("utf-8").splitlines()]), encoding="utf-8")
