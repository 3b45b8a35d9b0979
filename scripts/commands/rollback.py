"""`penstock rollback`: return to the version before."""

from __future__ import annotations

from pathlib import Path

import click

from penstock.scripts.commands.options import cluster, deployments, job_name, watch
from penstock.scripts.commands.output import quiet
from penstock.scripts.commands.upgrade import replaced


@click.command(name="rollback")
@job_name
@watch
@quiet
@cluster
def command(
    name: str, checkpoints: int, timeout: float, hold: float, drop_state: bool, target: str, ledger: Path, output: str
) -> None:
    """Replace the job NAME by the version before it, which continues with the current state.

    State that both versions have is kept. State that an earlier upgrade dropped does not come back: it starts empty.

    \b
    Examples:
      penstock rollback orders
    """
    from penstock.scripts.cluster.upgrade import Unsafe, Watch

    try:
        started, comparison = deployments(target, ledger).rollback(name, Watch(checkpoints, timeout, hold), drop_state)
    except Unsafe as problem:
        raise Unsafe(problem.name, problem.comparison, f"penstock rollback {name}", "rollback") from None
    replaced(output, started, comparison, "rolled back")
