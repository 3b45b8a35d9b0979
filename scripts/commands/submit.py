"""`penstock submit`: a job onto a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from scripts.cluster.package import Package
from scripts.commands.options import answer, cluster, deployments_of, job_file, look_before, packed
from scripts.targets.kubernetes import KubernetesTarget
from scripts.targets.load import load_target
from scripts.targets.local import LocalTarget
from scripts.targets.yarn import YarnTarget


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

    A name that lives there already is refused: upgrade replaces it, stop ends it.
    """
    named = load_target(target)
    if isinstance(named.target, LocalTarget):
        from scripts.commands import run

        context.invoke(run.command, job=job, overlays=overlays, settings=settings)
        return
    package = packed(job, overlays, settings)
    look_before(named.target, package)
    if isinstance(named.target, KubernetesTarget):
        _kubernetes(named.target, package, to, apply, output)
        return
    if isinstance(named.target, YarnTarget):
        from scripts.cluster import yarn

        started = yarn.submit(named.target, package, max(timeout, 180))
        text = f"{started.name} runs on YARN as {started.id}; its REST address is {started.address}"
        answer(
            output, text, {"name": started.name, "job_id": started.id, "state": "RUNNING", "address": started.address}
        )
        return
    jobs = deployments_of(named, ledger)
    job_started = jobs.submit(package, savepoint, fresh, timeout, force)
    text = f"{job_started.name} is {job_started.state} at {job_started.address} as {job_started.job_id}"
    answer(output, text, {k: v for k, v in job_started.__dict__.items() if k != "savepoint"})


def _kubernetes(target: KubernetesTarget, package: Package, to: Path | None, apply: bool, output: str) -> None:
    from scripts.cluster.kubernetes import send, write

    file = to or Path("build/kubernetes") / f"{package.name}.yaml"
    write(target.manifest(package), file)
    state = send(file) if apply else "WRITTEN"
    text = f"{file}: {state.lower()}" + ("" if apply else f"\n  do       kubectl apply -f {file}   # or --apply")
    answer(output, text, {"name": package.name, "state": state, "manifest": str(file)})
