"""`penstock stop`: end a job, its state kept."""

from __future__ import annotations

from pathlib import Path

import click

from penstock.scripts.commands.options import answer, cluster, deployments


@click.command(name="stop")
@click.argument("name")
@click.option("--cancel", is_flag=True, help="End it without a savepoint: for a job that cannot take one.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@cluster
def command(name: str, cancel: bool, yes: bool, target: str, ledger: Path, output: str) -> None:
    """Stop the job NAME with a savepoint; `penstock resume NAME` goes on from it, nothing lost and nothing twice."""
    if cancel and not yes:
        click.confirm(
            f"Cancel {name}? It goes back to its last checkpoint, and its open transactions are aborted",
            abort=True,
            err=True,
        )
    jobs = deployments(target, ledger)
    stopped = jobs.stop(name, cancel)
    text = f"{name} is {stopped.state}, " + (
        f"its state is at {stopped.savepoint}" if stopped.savepoint else "without state"
    )
    answer(output, text, stopped.__dict__)
