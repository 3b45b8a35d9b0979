"""`penstock logs`: show why a job failed, and the logs of client and cluster."""

from __future__ import annotations

from pathlib import Path

import click

from penstock.scripts.commands.options import cluster, deployments, job_name
from penstock.scripts.commands.output import answer


@click.command(name="logs")
@job_name
@click.option(
    "--of",
    "part",
    type=click.Choice(["failure", "client", "jobmanager", "taskmanager"]),
    default="failure",
    show_default=True,
    help="Show the cause of the last failure, or a log of the last submission or of the cluster.",
)
@click.option(
    "--lines",
    type=click.IntRange(1, 100_000),
    default=100,
    show_default=True,
    help="Show this many lines from the end.",
)
@cluster
def command(name: str, part: str, lines: int, target: str, ledger: Path, output: str) -> None:
    """Show why the job NAME failed, or the logs of client and cluster. A Python traceback comes before the Java one around it.

    \b
    Examples:
      penstock logs orders
      penstock logs orders --of taskmanager --lines 500
    """
    from penstock.scripts.cluster.logs import logs

    found = logs(deployments(target, ledger), name, part, lines)
    text = "\n".join(f"== {source}\n{body}" for source, body in found.items())
    answer(output, text or f"{name}: no failure was recorded", {"name": name, "logs": found})
