"""`penstock savepoint`: back up the state of a running job."""

from __future__ import annotations

from pathlib import Path

import click

from penstock.scripts.commands.options import cluster, deployments, job_name
from penstock.scripts.commands.output import answer, quiet


@click.command(name="savepoint")
@job_name
@quiet
@cluster
def command(name: str, target: str, ledger: Path, output: str) -> None:
    """Take a savepoint of the job NAME, which keeps running.

    The savepoint is a backup: a job that starts from it writes again what the job wrote after the savepoint. To pause a job, use
    `penstock stop` and `penstock resume`.

    \b
    Examples:
      penstock savepoint orders
    """
    path = deployments(target, ledger).savepoint(name)
    answer(output, f"{name}: {path}", {"name": name, "savepoint": path})
