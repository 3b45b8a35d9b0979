"""`penstock logs`: what went wrong, and what the cluster wrote."""

from __future__ import annotations

from pathlib import Path

import click

from penstock.scripts.commands.options import answer, cluster, deployments


@click.command(name="logs")
@click.argument("name")
@click.option(
    "--of",
    "part",
    type=click.Choice(["failure", "client", "jobmanager", "taskmanager"]),
    default="failure",
    show_default=True,
    help="The cause of the last failure, or a log: of the last submission, of the cluster.",
)
@click.option("--lines", type=click.IntRange(1, 100_000), default=100, show_default=True, help="The last so many.")
@cluster
def command(name: str, part: str, lines: int, target: str, ledger: Path, output: str) -> None:
    """Show why the job NAME failed, the Python traceback before the Java around it; or the logs of client and cluster."""
    from penstock.scripts.cluster.logs import logs

    found = logs(deployments(target, ledger), name, part, lines)
    text = "\n".join(f"== {source}\n{body}" for source, body in found.items())
    answer(output, text or f"{name}: no failure is known", {"name": name, "logs": found})
