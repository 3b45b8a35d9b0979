"""`penstock history`: what was deployed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from penstock.connectors.config.problems import RunError, nearest
from penstock.scripts.commands import complete
from penstock.scripts.commands.options import cluster
from penstock.scripts.commands.output import tabled
from penstock.scripts.console.table import Column, Table, cell

if TYPE_CHECKING:
    from penstock.scripts.cluster.records import Deployment

_COLUMNS = [
    Column("id", right=True),
    Column("time"),
    Column("job"),
    Column("action"),
    Column("state", state=True),
    Column("by"),
    Column("target", below=True),
    Column("config", below=True),
    Column("code", below=True),
    Column("from", below=True),
    Column("savepoint", below=True),
    Column("note", below=True),
]


@click.command(name="history")
@click.argument("name", required=False, shell_complete=complete.deployed)
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Show this many deployments.")
@cluster
def command(name: str | None, limit: int, target: str, ledger: Path, output: str) -> None:
    """List the deployments of the job NAME, or of all jobs.

    The newest comes first. Each shows who deployed which version, when, and from which savepoint.

    \b
    Examples:
      penstock history
      penstock history orders --limit 5
    """
    from penstock.scripts.cluster.ledger import Ledger

    found = Ledger(ledger).deployments(name)[:limit]
    if name and not found:
        names = Ledger(ledger).names()
        do = nearest(name, names) or "penstock history, without a name, lists all deployments"
        raise RunError(f"no job named {name} was deployed", found=", ".join(names) or "none", do=do)
    tabled(
        output, Table(_COLUMNS, [_row(one) for one in found], empty="no deployments"), [one.as_dict() for one in found]
    )


def _row(one: Deployment) -> list[str]:
    values = (one.id, one.at, one.name, one.action.value, one.state.value, one.by, one.target, one.config_hash[:8])
    return [cell(value) for value in (*values, one.code_hash[:8], one.from_savepoint, one.savepoint, one.note)]
