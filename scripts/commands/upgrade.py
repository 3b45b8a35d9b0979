"""`penstock upgrade`: replace a running job by another version, or go back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from scripts.commands.options import answer, cluster, deployments, job_file, look_before, packed


@click.command(name="upgrade")
@job_file
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
    job: Path, overlays: Any, settings: Any, checkpoints: int, timeout: float, hold: float, drop_state: bool,
    target: str, ledger: Path, output: str,
) -> None:  # fmt: skip
    """Replace the job that runs under JOB's name: plan, stop with a savepoint, start from it, watch.

    When the new version does not hold, the one before is started again. Exit 0 replaced, 1 failed (and back), 4 unsafe.
    """
    from scripts.cluster.upgrade import Watch

    jobs = deployments(target, ledger)
    package = packed(job, overlays, settings)
    look_before(jobs.target, package)
    started, comparison = jobs.upgrade(package, Watch(checkpoints, timeout, hold), drop_state)
    text = f"{comparison.text()}\n{started.name} is {started.state} as {started.job_id}, from {started.savepoint}"
    answer(output, text, {**started.__dict__, "changes": comparison.as_dict()})
