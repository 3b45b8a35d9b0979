"""`penstock rollback`: the version before."""

from __future__ import annotations

from pathlib import Path

import click

from scripts.commands.options import answer, cluster, deployments


@click.command(name="rollback")
@click.argument("name")
@click.option(
    "--checkpoints", type=click.IntRange(1, 1000), default=2, show_default=True, help="It is good after this many."
)
@click.option(
    "--timeout", type=click.FloatRange(min=1), default=120, show_default=True, help="Seconds that they may take."
)
@click.option(
    "--hold",
    type=click.FloatRange(min=0),
    default=5,
    show_default=True,
    help="And after so many seconds without failure.",
)
@click.option("--drop-state", is_flag=True, help="Go on although some state finds no operator.")
@cluster
def command(
    name: str, checkpoints: int, timeout: float, hold: float, drop_state: bool, target: str, ledger: Path, output: str
) -> None:
    """Replace the job NAME by the version before it, which goes on with the state of now."""
    from scripts.cluster.upgrade import Watch

    started, comparison = deployments(target, ledger).rollback(name, Watch(checkpoints, timeout, hold), drop_state)
    text = f"{comparison.text()}\n{started.name} is {started.state} as {started.job_id}, from {started.savepoint}"
    answer(output, text, {**started.__dict__, "changes": comparison.as_dict()})
