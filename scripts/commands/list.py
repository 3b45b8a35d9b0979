"""`penstock list`: what there is to name in a job file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from penstock.connectors.registry import SINKS, SOURCES
from penstock.jobs import JOBS
from penstock.scripts.commands.options import answer, deployments, ledger_folder
from penstock.udfs.functions import FUNCTIONS

if TYPE_CHECKING:
    from penstock.scripts.cluster.deployments import Deployments

_KINDS: dict[str, dict[str, Any]] = {"jobs": JOBS, "sources": SOURCES, "sinks": SINKS, "functions": FUNCTIONS}


@click.command(name="list")
@click.argument("kind", type=click.Choice(list(_KINDS)), required=False)
@click.option("--target", help="List the jobs on this target instead.")
@ledger_folder(hidden=True)
@click.option("--output", type=click.Choice(["text", "json"]), default="text", help="How to print.")
def command(kind: str | None, target: str | None, ledger: Path, output: str) -> None:
    """List jobs, sources, sinks and functions, each with its first line of help; or the jobs on a target."""
    if target:
        _deployed(deployments(target, ledger), output)
        return
    chosen = {kind: _KINDS[kind]} if kind else _KINDS
    found = {name: {key: help_line(plug) for key, plug in sorted(plugs.items())} for name, plugs in chosen.items()}
    if output == "json":
        click.echo(json.dumps(found, indent=2))
        return
    for name, plugs in found.items():
        click.echo(f"{name}:")
        for key, text in plugs.items():
            click.echo(f"  {key:<20}{text}")


def _deployed(jobs: Deployments, output: str) -> None:
    """What runs there, and what the ledger knows to have ended."""
    found = jobs.overview()
    lines = [f"{one['name']:<30}  {one['state']:<10}  {one['job_id']}" for one in found]
    answer(output, "\n".join(lines) or "no jobs", found)


def help_line(plug: Any) -> str:
    """The first sentence of a plug-in's or function's help."""
    text = plug.help if hasattr(plug, "help") else (plug.__doc__ or "")
    return " ".join(text.split("\n\n")[0].split()).split(". ")[0].rstrip(".") + "."
