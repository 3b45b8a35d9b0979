"""`penstock list`: the plug-ins that a job file can name, or the jobs on a target."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from penstock.connectors.config.texts import first_sentence
from penstock.connectors.registry import SINKS, SOURCES
from penstock.jobs import JOBS
from penstock.scripts.commands import complete
from penstock.scripts.commands.options import deployments, ledger_folder, output_option
from penstock.scripts.commands.output import answer, tabled
from penstock.scripts.console.console import results
from penstock.scripts.console.table import Column, Table, cell
from penstock.udfs.functions import FUNCTIONS

if TYPE_CHECKING:
    from penstock.scripts.cluster.deployments import Deployments

_PLUG = [Column("name"), Column("does")]
_DEPLOYED = [Column("job"), Column("state", state=True), Column("job id"), Column("savepoint", below=True)]
_KINDS: dict[str, dict[str, Any]] = {"jobs": JOBS, "sources": SOURCES, "sinks": SINKS, "functions": FUNCTIONS}


@click.command(name="list")
@click.argument("kind", type=click.Choice(list(_KINDS)), required=False)
@click.option("--target", shell_complete=complete.targets, help="List the jobs on this target instead.")
@ledger_folder(hidden=True)
@output_option
def command(kind: str | None, target: str | None, ledger: Path, output: str) -> None:
    """List the jobs, sources, sinks and functions that a job file can name, or the jobs on a target.

    \b
    Examples:
      penstock list
      penstock list functions
      penstock list --target session
    """
    if target:
        _deployed(deployments(target, ledger), output)
        return
    chosen = {kind: _KINDS[kind]} if kind else _KINDS
    found = {name: {key: help_line(plug) for key, plug in sorted(named.items())} for name, named in chosen.items()}
    if output == "json":
        answer(output, "", found)
        return
    for name in found:
        results().table(plugs(name))


def plugs(kind: str) -> Table:
    """The plug-ins of a kind, a row each."""
    rows = [[key, help_line(plug)] for key, plug in sorted(_KINDS[kind].items())]
    return Table(_PLUG, rows, header=False, name=kind)


def _deployed(jobs: Deployments, output: str) -> None:
    """The jobs that run there, and the ended jobs that the ledger knows."""
    found = jobs.overview()
    rows = [[cell(one[key]) for key in ("name", "state", "job_id", "savepoint")] for one in found]
    tabled(output, Table(_DEPLOYED, rows, empty="no jobs"), found)


def help_line(plug: Any) -> str:
    """The first sentence of a plug-in's or function's help."""
    text = plug.help if hasattr(plug, "help") else (plug.__doc__ or "")
    return f"{first_sentence(text)}."
