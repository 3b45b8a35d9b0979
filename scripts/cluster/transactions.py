"""The Kafka transactions of a job's exactly-once sinks: whose they are, what they leave open, what a lost one concerns."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from connectors.kafka_preflight import admin
from connectors.kafka_sink import KafkaSink
from connectors.kafka_source import KafkaSource
from connectors.kafka_transactions import abort, open_transactions
from connectors.problems import RunError
from jobs.pipeline import Pipeline
from scripts.cluster import package as packages
from scripts.cluster.package import Package

if TYPE_CHECKING:
    from scripts.cluster.site import Site


def sinks(pipeline: Pipeline) -> Iterator[tuple[str, KafkaSink]]:
    """The exactly-once sinks, by their table's name."""
    for name, sink in pipeline.named_sinks().items():
        if isinstance(sink, KafkaSink) and sink.transactional:
            yield name, sink


def abort_open(package: Package, say: Callable[[str], None]) -> None:
    """End what a cancelled job left open. What cannot be ended is said: it ends with its timeout."""
    for name, sink in sinks(package.pipeline()):
        try:
            found = [one.id for one in open_transactions(sink.bootstrap, f"{package.name}-{name}", sink.security)]
            abort(sink.bootstrap, found, sink.security)
        except (RunError, OSError) as problem:
            text = str(problem).splitlines()[0]
            say(f"{package.name}: open transactions of {name} could not be looked at: {text}")
            continue
        if found:
            say(f"{package.name}: {len(found)} open transactions of {name} aborted")


def refuse_twin(site: Site, package: Package) -> None:
    """Raise RunError when a job of this name runs at another target on the same brokers: each would abort the other's transactions,
    whose ids follow from the name."""
    brokers = _brokers(package)
    for deploy in site.ledger.deploys(package.name) if brokers else []:
        if deploy.target == site.target_name or deploy.state != "running":
            continue
        if brokers & _brokers(packages.read(site.ledger.package(deploy))):
            raise RunError(
                f"{package.name}: a job of this name runs at {deploy.target}, with the same transactional ids on the same brokers",
                do=f"give this one another name, or penstock stop {package.name} --target {deploy.target}",
            )


def _brokers(package: Package) -> set[str]:
    return {host for _, sink in sinks(package.pipeline()) for host in sink.bootstrap.split(",")}


def at_risk(pipeline: Pipeline) -> str:
    """The offsets up to which the sources' groups have read, for a sentence about rows that may be lost; empty where they are not
    known."""
    found: list[str] = []
    for source in pipeline.all_sources().values():
        if isinstance(source, KafkaSource):
            with contextlib.suppress(Exception):  # brokers, rights, versions: the alarm itself must come through
                found += _offsets(source)
    return ", ".join(found)


def _offsets(source: KafkaSource) -> list[str]:
    with closing(admin("status", source.bootstrap, source.security)) as client:
        read = client.list_group_offsets({source.group: None})[source.group]
    return [
        f"{part.topic}-{part.partition} up to {at.offset}"
        for part, at in sorted(read.items())
        if part.topic in source.topic
    ]
