"""`penstock submit`: a job onto a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from penstock.scripts.commands.options import answer, cluster, deployments_of, job_file, look_before, packed


@click.command(name="submit")
@job_file
@click.option("--from", "savepoint", metavar="PATH", help="Go on from this savepoint or checkpoint.")
@click.option(
    "--force",
    is_flag=True,
    help="Although the brokers show that a job of this name runs elsewhere: you know that it does not.",
)
@click.option("--fresh", is_flag=True, help="Begin anew, although there is a savepoint to go on from.")
@click.option(
    "--timeout", type=click.FloatRange(min=1), default=60, show_default=True, help="Seconds until it must run."
)
@click.option(
    "--to",
    type=click.Path(path_type=Path),
    help="Kubernetes: the manifest's file; build/kubernetes/NAME.yaml when left out.",
)
@click.option("--apply", is_flag=True, help="Kubernetes: send the manifest with kubectl.")
@cluster
@click.pass_context
def command(
    context: click.Context, job: Path, overlays: Any, settings: Any, savepoint: str | None, fresh: bool, force: bool,
    timeout: float, to: Path | None, apply: bool, target: str, ledger: Path, output: str,
) -> None:  # fmt: skip
    """Start JOB on a cluster, with all that it needs: code, your modules, jars, models.

    A name that lives there already is rejected: upgrade replaces it, stop ends it.
    """
    from penstock.scripts.targets.load import load_target
    from penstock.scripts.targets.target import Submission

    named = load_target(target)
    if named.target.foreground:
        from penstock.scripts.commands import run

        context.invoke(run.command, job=job, overlays=overlays, settings=settings)
        return
    package = packed(job, overlays, settings)
    look_before(named.target, package)
    wanted = Submission(savepoint, fresh, force, timeout, to, apply)
    done = named.target.submit(package, wanted, lambda: deployments_of(named, ledger))
    answer(output, done.text, done.data)
