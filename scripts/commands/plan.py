"""`penstock plan`: what a job will do, before it does it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from penstock.scripts.commands.options import deployments, folders, job_file, ledger_folder, loaded, packed

if TYPE_CHECKING:
    from penstock.scripts.cluster.package import Package


@click.command(name="plan")
@job_file
@click.option("--format", "style", type=click.Choice(["text", "mermaid", "json"]), default="text", help="How to print.")
@click.option(
    "--against", "target", help="A target: show what an upgrade would change there. Exit 0 same, 3 changes, 4 unsafe."
)
@click.option("--brokers", is_flag=True, help="Ask the job's brokers too: what its guarantees are worth there.")
@ledger_folder(hidden=True)
def command(
    job: Path, overlays: Any, settings: Any, style: str, target: str | None, brokers: bool, ledger: Path
) -> None:
    """Show what JOB will do: its tables, Flink's operators and their parallelism, and what each edge guarantees."""
    if target:
        _against(packed(job, overlays, settings), target, ledger, style)
    from penstock.scripts.config.user_code import check_modules
    from penstock.scripts.local.plan import explain, mermaid, text

    config = loaded(job, overlays, settings)
    places = folders(job)
    check_modules(config, places)
    with config.placed():
        plan = explain(config.pipeline, places)
    if brokers:
        from penstock.scripts.cluster import diagnosis
        from penstock.scripts.local.health import lines

        click.echo("\n".join(lines(diagnosis.findings(config.pipeline))), err=style != "text")
    if style == "json":
        click.echo(json.dumps(plan.as_dict(), indent=2))
    else:
        click.echo(text(plan) if style == "text" else mermaid(plan))


def _against(package: Package, target: str, ledger: Path, style: str) -> None:
    """Print what would change, and exit with what that means."""
    found = deployments(target, ledger).preview(package)
    click.echo(json.dumps(found.as_dict(), indent=2) if style == "json" else f"{package.name}:\n{found.text()}")
    raise SystemExit(found.exit_code)
