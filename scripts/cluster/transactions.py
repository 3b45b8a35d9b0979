"""List, abort and diagnose the Kafka transactions of a job's exactly-once sinks."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from penstock.connectors.config.problems import RunError
from penstock.connectors.config.secrets import NotHere
from penstock.connectors.config.texts import counted
from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts.cluster import package as packages
from penstock.scripts.cluster.package import Package
from penstock.scripts.cluster.records import State
from penstock.scripts.cluster.resume_point import ResumePoint

if TYPE_CHECKING:
    from penstock.scripts.cluster.deployments import Deployments

_RECENT = 30.0
"""Seconds after its last write for which a producer counts as running: a job with few input rows writes seldom."""


def abort_open(package: Package, point: ResumePoint, say: Callable[[str], None]) -> None:
    """Abort the transactions that a cancelled job left open, except those that it may still commit when it continues from `point`.

    A checkpoint is complete before its transactions are committed. If the job fails in between, it commits them when it is restored.
    Transactions that cannot be aborted are reported: the broker aborts them later.
    """
    for name, sink in package.pipeline().named_sinks().items():
        try:
            aborted, left = sink.abort_open(f"{package.name}-{name}", point.uncommitted)
        except RunError as problem:
            say(f"{package.name}: open transactions of {name} could not be checked: {problem.head}")
            continue
        except OSError as problem:
            say(f"{package.name}: open transactions of {name} could not be checked: {problem}")
            continue
        if aborted:
            say(f"{package.name}: {counted(aborted, 'open transaction')} of {name} aborted")
        if left:
            say(
                f"{package.name}: {counted(left, 'open transaction')} of {name} left for the job, which ends them when it continues; "
                "readers wait until then, or until they time out"
            )


def reject_twin(jobs: Deployments, package: Package) -> None:
    """Raise RunError when a job of this name runs at another target on the same brokers: each would abort the other's transactions,
    because their ids begin with the job's name."""
    brokers = _brokers(package)
    for deployment in jobs.ledger.deployments(package.name) if brokers else []:
        if deployment.target == jobs.target_name or deployment.state != State.RUNNING:
            continue
        if brokers & _brokers(packages.read(jobs.ledger.package(deployment))):
            raise RunError(
                f"{package.name}: a job of this name runs at {deployment.target}, with the same transactional ids on the same brokers",
                do=f"give this one another name, or penstock stop {package.name} --target {deployment.target}",
            )


def reject_stranger(jobs: Deployments, package: Package) -> None:
    """Raise RunError when the brokers show a running job of this name that the ledger does not know: it was submitted with another
    ledger to another cluster.

    Brokers show open transactions, the time of a producer's last write, and the members of a consumer group. A job of another stack
    that has written nothing for a while shows none of these.
    """
    ours = any(deployment.state != State.FAILED for deployment in jobs.ledger.deployments(package.name))
    if ours or not jobs.target.same_network:
        return  # what the brokers show of this name may be our own job, or the brokers cannot be reached from here
    pipeline = package.pipeline()
    if found := running_clients(pipeline):
        raise RunError(
            f"{package.name}: the brokers show that a job of this name runs, and this ledger does not know it",
            found="; ".join(found[:5]),
            allowed="one job of each name: two would abort each other's transactions",
            do=f"stop that job, or give this one another name; if it no longer runs, use --force, or wait {_window(pipeline):g} s "
            f"after penstock txn abort --job {package.name}",
        )


def running_clients(pipeline: Pipeline) -> list[str]:
    """Describe the Kafka clients of a copy of the job that runs on a cluster, one sentence each, as its brokers show them.

    Empty for a job without exactly-once sinks. Raises RunError if no broker answers.
    """
    found: list[str] = []
    with contextlib.suppress(NotHere):  # only the cluster has the secret: its brokers cannot be asked from here
        for name, sink in pipeline.named_sinks().items():
            found += sink.active_clients(f"{pipeline.name}-{name}", _window(pipeline))
        for source in pipeline.all_sources().values() if pipeline.exactly_once else ():
            found += source.active_clients()
    return found


def _window(pipeline: Pipeline) -> float:
    return max(_RECENT, 3 * pipeline.flink.checkpoint.total_seconds())


def _brokers(package: Package) -> set[str]:
    return {host for sink in package.pipeline().sinks() for host in sink.shared_ids}


def at_risk(pipeline: Pipeline) -> str:
    """The offsets up to which the sources' consumer groups have read, as text for a warning about rows that may be lost; empty when
    they are unknown."""
    found: list[str] = []
    for source in pipeline.all_sources().values():
        with contextlib.suppress(Exception):  # an error of the brokers must not hide the warning itself
            found += source.positions()
    return ", ".join(found)
