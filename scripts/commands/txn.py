"""`penstock txn`: Kafka transactions that a dead job has left open."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path

import click

from penstock.connectors.base.problems import RunError
from penstock.connectors.kafka.security import Security
from penstock.connectors.kafka.transactions import OpenTransaction, abort, open_transactions
from penstock.jobs.base.compose import LOCAL
from penstock.scripts.commands.options import answer, ledger_folder
from penstock.scripts.commands.topics import brokers
from penstock.scripts.stack.addresses import kafka

_OURS = re.compile(rf"([a-z0-9-]+)(?:{re.escape(LOCAL)})?-(sink_\d+|dead_letters)-.*")


@click.group(name="txn")
def command() -> None:
    """Transactions that are open in Kafka: readers of committed rows wait for them until they end, or time out."""


@command.command(name="list")
@click.option("--job", help="Those of one job.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", help="How to print.")
@brokers
def list_(job: str | None, output: str, bootstrap: str | None, security: Security | None) -> None:
    """List what is open. A running job with exactly-once sinks always has some, as old as its last checkpoint at most."""
    found = _of(job, kafka(bootstrap), security)
    data = [{**asdict(one), "job": _job(one.id), "since": one.since and one.since.isoformat()} for one in found]
    answer(output, "\n".join(map(_line, found)) or "no open transactions", data)


@command.command(name="abort")
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--job", help="All of one job.")
@click.option(
    "--target", default="session", show_default=True, envvar="PENSTOCK_TARGET", help="Where the job would run."
)
@click.option(
    "--force", is_flag=True, help="Although the target does not answer, or the job runs: its rows will be lost."
)
@ledger_folder(hidden=True)
@brokers
def abort_(
    ids: tuple[str, ...], job: str | None, target: str, force: bool, ledger: Path, bootstrap: str | None,
    security: Security | None,
) -> None:  # fmt: skip
    """Abort transactions by ID, or all of a job that does not run any more: their rows never become visible.

    A job that was stopped with a savepoint left none. One that can go on (resume) commits what it left itself: abort only what
    nobody will go on from.
    """
    if bool(ids) == bool(job):
        raise click.UsageError("name the ids, or --job, and not both")
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


def _line(one: OpenTransaction) -> str:
    age = f"{(datetime.now(timezone.utc) - one.since).total_seconds():,.0f} s" if one.since else "not known"
    return f"{one.id}  open for {age}, at most {one.timeout:g} s  {', '.join(one.partitions) or 'no partition'}"


def _reject_if_running(jobs: set[str], target: str, ledger: Path) -> None:
    """Raise RunError when one of these jobs runs, or nobody can say so."""
    from penstock.scripts.flink.client import Flink
    from penstock.scripts.targets.load import load_target

    if not jobs:
        return
    try:
        address = load_target(target).session().address
    except RunError:
        raise RunError(
            f"txn: the target {target} cannot be asked whether the job runs",
            do="--force, when you know that it does not",
        ) from None
    live = {job.name for job in Flink(address).jobs() if job.live}
    if running := sorted(jobs & live):
        raise RunError(
            f"txn: {running[0]} runs at {address}: to abort its transactions loses the rows in them",
            do=f"penstock stop {running[0]} first",
        )
