"""`penstock rollback`: the version before."""

from __future__ import annotations

from pathlib import Path

import click

from penstock.scripts.commands.options import cluster, deployments, replaced, watch


@click.command(name="rollback")
@click.argument("name")
@watch
@cluster
def command(
    name: str, checkpoints: int, timeout: float, hold: float, drop_state: bool, target: str, ledger: Path, output: str
) -> None:
    """Replace the job NAME by the version before it, which goes on with the state of now."""
    from penstock.scripts.cluster.upgrade import Watch

    started, comparison = deployments(target, ledger).rollback(name, Watch(checkpoints, timeout, hold), drop_state)
    replaced(output, started, comparison)
