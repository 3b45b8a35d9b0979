"""`penstock submit`: start a job on a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from penstock.scripts.commands.options import cluster, deployments_of, job_file, look_before, packed
from penstock.scripts.commands.output import answer, quiet


@click.command(name="submit")
@job_file
@click.option("--from", "savepoint", metavar="PATH", help="Start from this savepoint or checkpoint.")
@click.option(
    "--force",
    is_flag=True,
    help="Submit although the brokers show a job of this name elsewhere. Use it when you know that none runs.",
)
@click.option("--fresh", is_flag=True, help="Start without state, although a savepoint exists.")
@click.option(
    "--timeout", type=click.FloatRange(min=1), default=60, show_default=True, help="Seconds within which it must run."
)
@click.option(
    "--to",
    type=click.Path(path_type=Path),
    help="Kubernetes: the file of the manifest. Left out: build/kubernetes/NAME.yaml.",
)
@click.option("--apply", is_flag=True, help="Kubernetes: apply the manifest with kubectl.")
@quiet
@cluster
@click.pass_context
def command(
    context: click.Context, job: Path, overlays: Any, settings: Any, savepoint: str | None, fresh: bool, force: bool,
    timeout: float, to: Path | None, apply: bool, target: str, ledger: Path, output: str,
) -> None:  # fmt: skip
    """Start JOB on a cluster with everything that it needs: code, your modules, jars and models.

    A job whose name already runs there is rejected. Replace the running job with `penstock upgrade`, or stop it with `penstock stop`.

    \b
    Examples:
      penstock submit job.yaml
      penstock submit job.yaml --target conf/targets/session.yaml
      penstock submit job.yaml --from file:/savepoints/savepoint-1234
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
