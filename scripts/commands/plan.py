"""`penstock plan`: show what a job will do, before it does it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from penstock.scripts.commands import complete
from penstock.scripts.commands.options import deployments, folders, job_file, ledger_folder, loaded, packed
from penstock.scripts.commands.output import progress, quiet, step
from penstock.scripts.console.console import results

if TYPE_CHECKING:
    from penstock.scripts.cluster.package import Package


@click.command(name="plan")
@job_file
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "mermaid", "json"]),
    default="text",
    show_default=True,
    help="Print text, a Mermaid diagram or JSON.",
)
@click.option("--verbose", is_flag=True, help="Show Flink's operators and their parallelism too.")
@click.option(
    "--against",
    "target",
    shell_complete=complete.targets,
    help="Show what an upgrade on this target would change. Exit 0 nothing, 3 changes, 4 state would be lost or wrong.",
)
@click.option("--brokers", is_flag=True, help="Check on the job's brokers which guarantees hold there.")
@ledger_folder(hidden=True)
@quiet
def command(
    job: Path, overlays: Any, settings: Any, style: str, verbose: bool, target: str | None, brokers: bool, ledger: Path
) -> None:
    """Show what JOB will do: its sources, steps and sinks, and what each of them guarantees.

    \b
    Examples:
      penstock plan job.yaml
      penstock plan job.yaml --verbose
      penstock plan job.yaml --against session
    """
    if target:
        from penstock.scripts.commands.upgrade import typed

        _against(packed(job, overlays, settings), target, ledger, style, typed(job, overlays, settings, target))
    from penstock.scripts.config.user_code import check_modules
    from penstock.scripts.local.plan import explain, mermaid, text

    config = loaded(job, overlays, settings)
    places = folders(job)
    check_modules(config, places)
    step(f"{config.pipeline.name}: planning", worth_a_line=False)
    with config.placed():
        plan = explain(config.pipeline, places)
    progress().end()
    if brokers:
        from penstock.scripts.cluster import diagnosis
        from penstock.scripts.commands.doctor import table

        results(err=style != "text").table(table(diagnosis.findings(config.pipeline)))
    if style == "json":
        click.echo(json.dumps(plan.as_dict(), indent=2))
    elif style == "mermaid":
        click.echo(mermaid(plan))
    else:
        results().line(text(plan, config.pipeline, verbose))


def _against(package: Package, target: str, ledger: Path, style: str, command: str) -> None:
    """Print what would change, and exit with what that means."""
    found = deployments(target, ledger).preview(package)
    progress().end()
    if style == "json":
        click.echo(json.dumps(found.as_dict(), indent=2))
    else:
        results().line(f"{package.name}:\n{found.text(command)}")
    raise SystemExit(found.exit_code)
