"""`penstock savepoint`: keep a job's state, while it runs on."""

from __future__ import annotations

from pathlib import Path

import click

from penstock.scripts.commands.options import answer, cluster, deployments


@click.command(name="savepoint")
@click.argument("name")
@cluster
def command(name: str, target: str, ledger: Path, output: str) -> None:
    """Take a savepoint of the job NAME, which goes on running.

    A backup: going on from it repeats what the job writes after it. To stop and go on, use stop and resume.
    """
    path = deployments(target, ledger).savepoint(name)
    answer(output, f"{name}: {path}", {"name": name, "savepoint": path})
