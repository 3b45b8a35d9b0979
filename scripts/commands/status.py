"""`penstock status`: show how jobs do, once or again and again."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from penstock.scripts.commands import complete
from penstock.scripts.commands.options import cluster, deployments
from penstock.scripts.commands.output import answer, tabled
from penstock.scripts.commands.watching import Reading, data, lines, readings, table
from penstock.scripts.console.console import Plain, results

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penstock.scripts.cluster.deployments import Deployments
    from penstock.scripts.cluster.status import Status

_EVERY = "2"
_ENDED = ("STOPPED", "ENDED", "FINISHED", "CANCELED")


class _OptionalSeconds(click.Command):
    """`--watch NAME` means `--watch`, and then NAME: click alone would take NAME for the seconds."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        followed = zip(args, [*args[1:], ""], strict=False)
        return super().parse_args(
            ctx, [f"{one}={_EVERY}" if one == "--watch" and not _is_number(after) else one for one, after in followed]
        )


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()


@click.command(name="status", cls=_OptionalSeconds)
@click.argument("names", metavar="[NAME]...", nargs=-1, shell_complete=complete.deployed)
@click.option(
    "--watch",
    "every",
    metavar="[SECONDS]",
    type=click.FloatRange(0.1, 3600),
    help=f"Show it again every {_EVERY} seconds (or SECONDS) until Ctrl-C, with the rows per second.",
)
@cluster
def command(names: tuple[str, ...], every: float | None, target: str, ledger: Path, output: str) -> None:
    """Show the health of the job NAME: state, restarts, checkpoints, watermark, rows and backpressure.

    Several names, or none (all jobs that should run), are shown as a table. Exit 1 when a job is not healthy.

    \b
    Examples:
      penstock status orders
      penstock status
      penstock status orders --watch 5
    """
    jobs = deployments(target, ledger)
    if every:
        _watch(jobs, names, every, output)
        return
    found, empty = _statuses(jobs, names)
    if len(names) == 1:
        _one(found[0], output)
    else:
        rows = readings(found, {}, time.time())
        tabled(output, table(rows, empty), [one.as_dict() for one in found])
    if not all(one.healthy for one in found):
        raise SystemExit(1)


def _statuses(jobs: Deployments, names: Sequence[str]) -> tuple[list[Status], str]:
    """The status of these jobs, or of all that should run, and a text to show when none should."""
    if names:
        return [jobs.status(name) for name in names], ""
    known = jobs.overview()
    found = [jobs.status(one["name"] or "") for one in known if one["state"] not in _ENDED]
    stopped = [f"{one['name']} (penstock resume {one['name']})" for one in known if one["savepoint"]]
    return found, "no running jobs" + (f"; stopped: {', '.join(stopped)}" if stopped else "")


def _one(found: Status, output: str) -> None:
    from penstock.scripts.cluster.status import text

    if output == "json":
        answer(output, "", found.as_dict())
        return
    first, *rest = text(found).splitlines()
    results().line(first, "good" if found.healthy else "bad")
    for line in rest:
        results().line(line, "bad" if line.startswith("  ! ") else "")


def _watch(jobs: Deployments, names: Sequence[str], every: float, output: str) -> None:
    """Show readings until Ctrl-C. A cluster that does not answer is reported and asked again: it may be restarting."""
    from penstock.scripts.flink.rest import Unreachable

    before: dict[str, Reading] = {}
    try:
        with (Plain() if output == "json" else results()).refreshing() as show:
            while True:
                try:
                    statuses, empty = _statuses(jobs, names)
                    found = readings(statuses, before, time.time())
                except Unreachable as problem:
                    click.echo(problem.head, err=True)
                    time.sleep(every)
                    continue
                if output == "json":
                    for one in found:
                        click.echo(json.dumps(data(one)))
                else:
                    show(table(found, empty), lines(found))
                before = {one.status.name: one for one in found}
                time.sleep(every)
    except KeyboardInterrupt:
        raise SystemExit(130) from None
