"""`penstock upgrade`: replace a running job by another version, or go back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from penstock.scripts.commands.options import cluster, deployments, job_file, look_before, packed, replaced, watch


@click.command(name="upgrade")
@job_file
@watch
@cluster
def command(
    job: Path, overlays: Any, settings: Any, checkpoints: int, timeout: float, hold: float, drop_state: bool,
    target: str, ledger: Path, output: str,
) -> None:  # fmt: skip
    """Replace the job that runs under JOB's name: plan, stop with a savepoint, start from it, watch.

    When the new version does not hold, the one before is started again. Exit 0 replaced, 1 failed (and back), 4 unsafe.
    """
    from penstock.scripts.cluster.upgrade import Watch

    jobs = deployments(target, ledger)
    package = packed(job, overlays, settings)
    look_before(jobs.target, package)
    started, comparison = jobs.upgrade(package, Watch(checkpoints, timeout, hold), drop_state)
    replaced(output, started, comparison)
