"""`penstock resume`: start a stopped job again from its savepoint."""

from __future__ import annotations

from pathlib import Path

import click

from penstock.scripts.commands.options import cluster, deployments, job_name
from penstock.scripts.commands.output import answer, quiet


@click.command(name="resume")
@job_name
@quiet
@cluster
def command(name: str, target: str, ledger: Path, output: str) -> None:
    """Start the same version of the stopped job NAME again, from its savepoint or last checkpoint.

    \b
    Examples:
      penstock resume orders
    """
    started = deployments(target, ledger).resume(name)
    answer(output, f"{name} is {started.state} as {started.job_id}, from {started.savepoint}", started.__dict__)
