"""`penstock submit`: a job onto a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from scripts.commands.options import answer, cluster, deployments, job_file, packed


@click.command(name="submit")
@job_file
@click.option("--from", "savepoint", metavar="PATH", help="Go on from this savepoint or checkpoint.")
@click.option("--fresh", is_flag=True, help="Begin anew, although there is a savepoint to go on from.")
@click.option(
    "--timeout", type=click.FloatRange(min=1), default=60, show_default=True, help="Seconds until it must run."
)
@cluster
def command(
    job: Path, overlays: Any, settings: Any, savepoint: str | None, fresh: bool, timeout: float,
    target: str, ledger: Path, output: str,
) -> None:  # fmt: skip
    """Start JOB on a cluster, with all that it needs: code, your modules, jars, models.

    A name that lives there already is refused: upgrade replaces it, stop ends it.
    """
    jobs = deployments(target, ledger)
    package = packed(job, overlays, settings)
    for connector in package.pipeline().connectors():
        connector.preflight()
    started = jobs.submit(package, savepoint, fresh, timeout)
    text = f"{started.name} is {started.state} at {started.address} as {started.job_id}"
    answer(output, text, {k: v for k, v in started.__dict__.items() if k != "savepoint"})
