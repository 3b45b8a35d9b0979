"""`penstock txn`: list and abort the Kafka transactions that a dead job left open."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path

import click

from penstock.connectors.config.problems import RunError
from penstock.connectors.kafka.security import Security
from penstock.connectors.kafka.transactions import OpenTransaction, abort, open_transactions
from penstock.jobs.pipeline.compose import LOCAL
from penstock.scripts.commands import complete
from penstock.scripts.commands.groups import Group
from penstock.scripts.commands.options import ledger_folder, output_option, target_option
from penstock.scripts.commands.output import tabled
from penstock.scripts.commands.topics import brokers
from penstock.scripts.console.table import Column, Table, cell
from penstock.scripts.console.words import duration
from penstock.scripts.stack.addresses import kafka

_OURS = re.compile(rf"([a-z0-9-]+)(?:{re.escape(LOCAL)})?-(sink_\d+|dead_letters)-.*")
_COLUMNS = [
    Column("id"),
    Column("job"),
    Column("open for", right=True),
    Column("at most", right=True),
    Column("partitions"),
]


@click.group(name="txn", cls=Group)
def command() -> None:
    """List and abort open Kafka transactions. Readers of committed rows wait until a transaction ends or times out.

    \b
    Examples:
      penstock txn list
      penstock txn abort --job orders
    """


@command.command(name="list")
@click.option("--job", shell_complete=complete.deployed, help="Only those of this job.")
@output_option
@brokers
def list_(job: str | None, output: str, bootstrap: str | None, security: Security | None) -> None:
    """List the open transactions.

    A running job with exactly-once sinks always has open transactions. None is older than its last checkpoint.

    \b
    Examples:
      penstock txn list
      penstock txn list --job orders --output json
    """
    found = _of(job, kafka(bootstrap), security)
    data = [{**asdict(one), "job": _job(one.id), "since": one.since and one.since.isoformat()} for one in found]
    tabled(output, Table(_COLUMNS, [_row(one) for one in found], empty="no open transactions"), data)


@command.command(name="abort")
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--job", shell_complete=complete.deployed, help="Abort all of this job.")
@target_option
@click.option(
    "--force", is_flag=True, help="Abort although the job runs or its target does not answer. Its open rows are lost."
)
@ledger_folder(hidden=True)
@brokers
def abort_(
    ids: tuple[str, ...], job: str | None, target: str, force: bool, ledger: Path, bootstrap: str | None,
    security: Security | None,
) -> None:  # fmt: skip
    """Abort transactions by ID, or all transactions of a job that no longer runs.

    Their rows never become visible. A job that was stopped with a savepoint left no open transaction. A job that you resume commits its
    own: abort only when nobody will resume the job.

    \b
    Examples:
      penstock txn abort orders-sink_1-0-17
      penstock txn abort --job orders
    """
    if bool(ids) == bool(job):
        raise click.UsageError("name either transaction ids or --job")
    where = kafka(bootstrap)
    there = {one.id for one in _of(job, where, security)}
    for unknown in (one for one in ids if one not in there):
        raise RunError(f"txn: {unknown} has no open transaction at {where}", found=", ".join(sorted(there)) or "none")
    chosen = sorted(set(ids) or there)
    if not force:
        _reject_if_running({name for name in map(_job, chosen) if name}, target, ledger)
    abort(where, chosen, security)
    click.echo(f"{len(chosen)} aborted" if chosen else "no open transactions")


def _of(job: str | None, where: str, security: Security | None) -> list[OpenTransaction]:
    return [one for one in open_transactions(where, security=security) if job is None or _job(one.id) == job]


def _job(transactional_id: str) -> str | None:
    match = _OURS.fullmatch(transactional_id)
    return match[1] if match else None


def _row(one: OpenTransaction) -> list[str]:
    age = duration((datetime.now(timezone.utc) - one.since).total_seconds()) if one.since else None
    return [one.id, cell(_job(one.id)), cell(age), duration(one.timeout), ", ".join(one.partitions)]


def _reject_if_running(jobs: set[str], target: str, ledger: Path) -> None:
    """Raise RunError when one of these jobs runs, or when the target does not answer."""
    from penstock.scripts.flink.client import Flink
    from penstock.scripts.targets.load import load_target

    if not jobs:
        return
    try:
        address = load_target(target).session().address
    except RunError:
        raise RunError(
            f"txn: the target {target} does not answer, so the job may still run",
            do="add --force when you know that the job does not run",
        ) from None
    live = {job.name for job in Flink(address).jobs() if job.live}
    if running := sorted(jobs & live):
        raise RunError(
            f"txn: {running[0]} runs at {address}: aborting its transactions would lose the rows in them",
            do=f"penstock stop {running[0]} first",
        )
