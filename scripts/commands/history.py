"""`penstock history`: what was deployed."""

from __future__ import annotations

from pathlib import Path

import click

from penstock.scripts.commands.options import answer, cluster


@click.command(name="history")
@click.argument("name", required=False)
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="The last so many.")
@cluster
def command(name: str | None, limit: int, target: str, ledger: Path, output: str) -> None:
    """Show the deploys of the job NAME, or of all jobs, the last first: who, when, which version, from which savepoint."""
    from penstock.scripts.cluster.ledger import Ledger

    found = Ledger(ledger).deployments(name)[:limit]
    lines = [
        f"{d.id:>4}  {d.at}  {d.name}  {d.action.value:<8}  {d.state.value:<10}  config {d.config_hash[:8]}  "
        f"code {d.code_hash[:8]}  {d.by}  {d.target}"
        + (f"\n      from {d.from_savepoint}" if d.from_savepoint else "")
        + (f"\n      savepoint {d.savepoint}" if d.savepoint else "")
        + (f"\n      {d.note}" if d.note else "")
        for d in found
    ]
    answer(output, "\n".join(lines) or "no deploys", [d.as_dict() for d in found])
