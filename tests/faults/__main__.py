"""`scripts/faults`: kill, pause and disconnect the processes that a job needs, and account for every record."""

from __future__ import annotations

import json
import signal
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import click

from penstock.scripts.stack.kafka import Broker
from tests.faults import campaign, runs
from tests.faults.campaign import Trial
from tests.faults.edges import DEAD, SINKS, SOURCES, Edges
from tests.faults.scenarios import SCENARIOS
from tests.faults.strikes import Strike, plan

_COUNT = click.IntRange(0, 100_000)


def _count(name: str, what: str) -> Callable[[Any], Any]:
    return click.option(f"--{name}", type=_COUNT, default=0, help=what)


@click.command()
@click.option(
    "--job", type=click.Choice(sorted(SCENARIOS)), default="uppercase_filter", show_default=True, help="Which."
)
@click.option("--seed", type=int, default=1, show_default=True, help="Of the records and of the faults.")
@click.option("--records", type=click.IntRange(100), default=20_000, show_default=True, help="At least so many.")
@click.option(
    "--rate", type=click.FloatRange(1), default=300, show_default=True, help="Records a second during the faults."
)
@_count("taskmanager", "TaskManager kills.")
@_count("jobmanager", "Kills of the leading JobManager (with ZooKeeper).")
@_count("broker", "Broker kills, 3 s down.")
@_count("server", "Kills of the server of the source or the sink, 3 s down.")
@_count("worker", "Python worker kills (--job pandas).")
@_count("pause", "TaskManager pauses of 8 s, past its heartbeat.")
@_count("network", "Cuts of the network to Kafka, or to that server, 5 s.")
@_count("disk", "Times that the disk under the checkpoints is full, 6 s (root only).")
@_count("corrupt", "Damaged files of the newest checkpoint, and a TaskManager kill.")
@_count("upgrade", "Upgrades to another parallelism, in mid-stream.")
@_count("cli", "Upgrades whose command is killed on the way.")
@_count("stop", "Stops with a savepoint, each resumed.")
@_count("interrupt", "Local runs that Ctrl-C stops (with --job copy, as the next three).")
@_count("terminate", "Local runs that SIGTERM stops.")
@_count("timeout", "Local runs that --timeout stops.")
@_count("limit", "Local runs that --limit stops.")
@click.option(
    "--source", type=click.Choice(SOURCES), default="kafka", show_default=True, help="Where records come from."
)
@click.option("--sink", type=click.Choice(SINKS), default="kafka", show_default=True, help="Where rows go.")
@click.option("--dead", type=click.Choice(DEAD), default="kafka", show_default=True, help="Where dead letters go.")
@click.option(
    "--guarantee", type=click.Choice(["exactly_once", "at_least_once"]), default="exactly_once", help="Of the sink."
)
@click.option("--strikes", help="These strikes instead, as printed: kind@phase+seconds, with commas between.")
@click.option("--shrink", is_flag=True, help="When it fails: look for fewer strikes that still fail.")
@click.option("--folder", type=click.Path(path_type=Path), help="Keep everything there.")
@click.option("--control/--no-control", default=True, help="First show that the harness sees duplicates and losses.")
def main(
    job: str, seed: int, records: int, rate: float, guarantee: str, strikes: str | None, shrink: bool, folder: Path | None,
    control: bool, source: str, sink: str, dead: str, **counts: int,
) -> None:  # fmt: skip
    """Run a job under faults and print one line of JSON. Exit 0 only when no record is missing, twice, out of order, wrong or
    unaccounted, and no process is left behind."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    edges = Edges(source, sink, dead)
    if stops := [kind for kind in runs.STOPS for _ in range(counts[kind])]:
        _runs(job, edges, seed, rate, stops, folder)
    if sink == "console":
        raise click.UsageError("--sink console is for local runs: --interrupt, --terminate or --timeout")
    chosen = [Strike.parse(text) for text in strikes.split(",")] if strikes else plan(seed, counts)
    trial = Trial(job, seed, records, chosen, guarantee, rate, edges)
    with tempfile.TemporaryDirectory(prefix="penstock-faults-", ignore_cleanup_errors=True) as scratch:
        base = folder or Path(scratch)
        (base / "trial").mkdir(parents=True, exist_ok=True)
        doubles = (
            _control(job, seed, base / "control", Edges(source if source == "rabbitmq" else "kafka", sink))
            if control and (source == "rabbitmq" or sink not in ("files", "parquet", "console"))
            else None
        )
        outcome = campaign.run(trial, base / "trial")
    doubles = outcome.double_seen if doubles is None else doubles
    found = {"job": job, "seed": seed, "guarantee": guarantee, "edges": edges.name, **outcome.as_dict()}
    found["control"] = {"twice": doubles, "missing": outcome.loss_seen}
    click.echo(json.dumps(found))
    blind = outcome.loss_seen < 1 or doubles == 0
    if blind:
        click.echo("the control failed: the harness does not see a loss, or no duplicate at at_least_once", err=True)
    if not outcome.clean and shrink:
        chosen = _fewer(trial, base)
    if not outcome.clean:
        click.echo(f"again: scripts/faults --job {job} --seed {seed} --strikes {','.join(map(str, chosen))}", err=True)
    sys.exit(0 if outcome.clean and not blind else 1)


def _runs(job: str, edges: Edges, seed: int, rate: float, stops: list[str], folder: Path | None) -> NoReturn:
    """Start local runs, stop each in one of the ways, print the result and exit."""
    if "rabbitmq" in (edges.source, edges.sink):
        raise click.UsageError("local runs read and write Kafka, files and the console")
    if job != "copy" or (edges.sink == "console" and "limit" in stops):
        raise click.UsageError(
            "local runs take --job copy; with --sink console, --limit shows less than the job writes"
        )
    with tempfile.TemporaryDirectory(prefix="penstock-faults-", ignore_cleanup_errors=True) as scratch:
        base = folder or Path(scratch)
        broker = Broker(base / "kafka")
        try:
            outcome = runs.run(edges, seed, stops, broker.start(0), base, rate)
        finally:
            broker.stop()
    found = {"job": job, "seed": seed, "guarantee": "exactly_once", "edges": edges.name, **outcome.as_dict()}
    click.echo(json.dumps(found))
    sys.exit(0 if outcome.clean and not outcome.blind else 1)


def _fewer(trial: Trial, base: Path) -> list[Strike]:
    """A smallest set of this trial's strikes that still fails, found by leaving out each half, quarter and so on."""
    chosen, size, turn = trial.strikes, len(trial.strikes) // 2, 0
    while size:
        for start in range(0, len(chosen), size):
            less, turn = chosen[:start] + chosen[start + size :], turn + 1
            folder = base / f"shrink-{turn}"
            folder.mkdir(parents=True)
            if less and not campaign.run(replace(trial, strikes=less), folder).clean:
                chosen = less
                break
        else:
            size //= 2
    return chosen


def _control(job: str, seed: int, folder: Path, edges: Edges) -> int:
    """The number of duplicates when the same job has a weaker guarantee and its TaskManagers are killed."""
    for turn in range(3):
        (folder / str(turn)).mkdir(parents=True)
        strikes = [Strike("taskmanager", "any", 0.7), Strike("taskmanager", "snapshot", 0.0)]
        twice = campaign.run(
            Trial(job, seed, 1000, strikes, "at_least_once", 1000, edges), folder / str(turn)
        ).verdict.twice
        if twice:
            return twice
    return 0


if __name__ == "__main__":
    main()
