"""`penstock stop`: stop a job and keep its state."""

from __future__ import annotations

from pathlib import Path

import click

from penstock.scripts.commands.options import cluster, deployments, job_name
from penstock.scripts.commands.output import answer, confirm, quiet


@click.command(name="stop")
@job_name
@click.option("--cancel", is_flag=True, help="Cancel it without a savepoint. Use it for a job that cannot take one.")
@click.option("--yes", is_flag=True, help="Cancel without asking.")
@quiet
@cluster
def command(name: str, cancel: bool, yes: bool, target: str, ledger: Path, output: str) -> None:
    """Stop the job NAME with a savepoint. `penstock resume NAME` continues from it: no row is lost or written twice.

    \b
    Examples:
      penstock stop orders
      penstock stop orders --cancel
    """
    jobs = deployments(target, ledger)
    if cancel and not yes:
        jobs.running(name)
        confirm(f"Cancel {name}? Work since its last checkpoint is undone, and its open transactions are aborted")
    stopped = jobs.stop(name, cancel)
    if cancel:
        text = f"{name} is cancelled, " + (
            f"its state is at {stopped.savepoint}" if stopped.savepoint else "without state"
        )
    else:
        text = f"{name} is stopped, savepoint {stopped.savepoint}"
    answer(output, text, stopped.__dict__)
