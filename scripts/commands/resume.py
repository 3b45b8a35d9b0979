"""`penstock resume`: start a stopped job again."""

from __future__ import annotations

from pathlib import Path

import click

from penstock.scripts.commands.options import answer, cluster, deployments


@click.command(name="resume")
@click.argument("name")
@cluster
def command(name: str, target: str, ledger: Path, output: str) -> None:
    """Start the stopped job NAME again, the same version, from its savepoint."""
    started = deployments(target, ledger).resume(name)
    answer(output, f"{name} is {started.state} as {started.job_id}, from {started.savepoint}", started.__dict__)
