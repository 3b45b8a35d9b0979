"""`penstock status`: how a job does."""

from __future__ import annotations

from pathlib import Path

import click

from penstock.scripts.commands.options import answer, cluster, deployments


@click.command(name="status")
@click.argument("name")
@cluster
def command(name: str, target: str, ledger: Path, output: str) -> None:
    """Say how the job NAME does: state, restarts, checkpoints, watermark, rows, backpressure. Exit 1 when it is not healthy."""
    from penstock.scripts.cluster.status import text

    found = deployments(target, ledger).status(name)
    answer(output, text(found), found.as_dict())
    if not found.healthy:
        raise SystemExit(1)
