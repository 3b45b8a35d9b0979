"""Checks whether the brokers allow what a job needs, and whether its guarantee holds with their settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from typing import Any

from penstock.connectors.base.finding import Finding
from penstock.connectors.config.problems import PenstockError
from penstock.connectors.config.quantities import millis
from penstock.connectors.config.secrets import NotHere
from penstock.connectors.config.texts import counted
from penstock.connectors.kafka.preflight import admin
from penstock.connectors.kafka.security import Security
from penstock.connectors.kafka.topics import TopicPlace

_LEAST_OUTAGE_MS = 300_000


def of_source(place: TopicPlace, uncommitted: bool, largest: dict[str, int]) -> Iterator[Finding]:
    """Check that the topics exist and may be read.

    `uncommitted`: the source reads uncommitted records. Adds the maximum size of a record of each topic, in bytes, to `largest`.
    """

    def look(client: Any) -> Iterator[Finding]:
        topics = (
            [name for name in sorted(client.list_topics()) if place.matches(name)] if place.pattern else place.topics
        )
        if not topics:
            yield Finding("bad", "topics", f"no {place}", "create a topic, or correct the pattern")
        yield from _topics(client, place.bootstrap, topics, "READ", False, largest)

    yield from _asked(place.bootstrap, place.security, look)
    if uncommitted:
        do = "remove isolation.level: the job also reads records of transactions that are aborted later"
        yield Finding(
            "warn",
            "isolation level",
            f"{', '.join(place.topics) or place} read with isolation.level: read_uncommitted",
            do,
        )


def of_sink(
    bootstrap: str, topics: Sequence[str], security: Security | None, timeout: timedelta | None, checkpoint: timedelta,
    largest: dict[str, int],
) -> Iterator[Finding]:  # fmt: skip
    """Check that these topics exist and may be written.

    With a transaction `timeout` also check whether exactly-once holds, given the checkpoint interval `checkpoint`. Adds the maximum size of
    a record, in bytes, to `largest`.
    """

    def look(client: Any) -> Iterator[Finding]:
        yield from _topics(client, bootstrap, topics, "WRITE", timeout is not None, largest)
        if timeout is not None:
            yield from _transactions(client, millis(timeout), millis(checkpoint))

    yield from _asked(bootstrap, security, look)


def _asked(bootstrap: str, security: Security | None, look: Callable[[Any], Iterator[Finding]]) -> Iterator[Finding]:
    """Run the check with an admin client. Brokers whose secrets are not on this machine are reported as not checked."""
    try:
        with closing(admin("doctor", bootstrap, security)) as client:
            yield from look(client)
    except NotHere as problem:
        yield Finding("warn", "Kafka", f"{bootstrap} was not checked: {problem.head}", problem.do)
    except PenstockError as problem:
        yield Finding("bad", "Kafka", problem.head, "start the broker, or correct bootstrap")


def _topics(
    client: Any, bootstrap: str, names: Sequence[str], needed: str, transactional: bool, largest: dict[str, int]
) -> Iterator[Finding]:
    existing = set(client.list_topics())
    for name in names:
        if name not in existing:
            do = f"penstock topics create {name} --bootstrap {bootstrap}"
            yield Finding("bad", f"topic {name}", "does not exist", do)
            continue
        [topic] = client.describe_topics([name])
        largest[f"topic {name}"] = int(_config(client, "topic", name)["max.message.bytes"])
        rights = topic.get("authorized_operations") or []
        text = counted(len(topic["partitions"]), "partition")
        if rights and needed not in rights:
            found = f"{text}; no permission to {needed.lower()}"
            yield Finding("bad", f"topic {name}", found, f"ask for the permission {needed} on {name}")
        elif transactional:
            yield _durability(client, f"topic {name}", text, _replicas(topic), ("topic", name, "min.insync.replicas"))
        else:
            yield Finding("ok", f"topic {name}", f"{text}, {counted(_replicas(topic), 'replica')}")


def _replicas(topic: Any) -> int:
    return min(len(partition["replica_nodes"]) for partition in topic["partitions"])


def _durability(client: Any, what: str, text: str, replicas: int, setting: tuple[str, str, str]) -> Finding:
    """Check that acknowledged records survive the loss of one broker.

    For that at least two of the replicas must acknowledge a record. `setting` names the config entry with their minimum number: kind and
    name of the resource, and the key.
    """
    kind, name, key = setting
    minimum = int(_config(client, kind, name)[key])
    text = f"{text}, {counted(replicas, 'replica')}, {minimum} must acknowledge"
    if replicas < 2:
        return Finding("warn", what, text, "rows are lost if this broker's disk fails: use 3 replicas")
    if minimum < 2:
        return Finding("warn", what, text, f"rows can be lost if one broker fails: set {key} to 2")
    if minimum >= replicas:
        return Finding("warn", what, text, f"the job stops if one broker fails: use more replicas than {key}")
    return Finding("ok", what, text)


def _transactions(client: Any, timeout: int, checkpoint: int) -> Iterator[Finding]:
    """Check the transaction timeout against the broker's limit and a likely outage, and the durability of the transaction log.

    Both times are milliseconds.
    """
    node = str(client.describe_cluster()["controller_id"])
    config = _config(client, "broker", node)
    maximum = int(config["transaction.max.timeout.ms"])
    text = f"{timeout / 1000:g} s; the broker allows at most {maximum / 1000:g} s"
    if timeout > maximum:
        do = "lower transaction_timeout, or raise the broker's transaction.max.timeout.ms"
        yield Finding("bad", "transaction timeout", text, do)
    elif timeout < checkpoint + _LEAST_OUTAGE_MS:
        do = f"an outage longer than {(timeout - checkpoint) / 1000:g} s loses rows: raise transaction_timeout"
        yield Finding("warn", "transaction timeout", text, do)
    else:
        yield Finding("ok", "transaction timeout", text)
    replicas = int(config["transaction.state.log.replication.factor"])
    parts = f"{config['transaction.state.log.num.partitions']} partitions"
    yield _durability(client, "transaction log", parts, replicas, ("broker", node, "transaction.state.log.min.isr"))


def _config(client: Any, kind: str, name: str) -> dict[str, str]:
    from kafka.admin import ConfigResource, ConfigResourceType

    resource = ConfigResource(ConfigResourceType[kind.upper()], name)
    found = client.describe_configs([resource], config_filter="all")[kind][name]
    return {key: value["value"] if isinstance(value, dict) else value for key, value in found.items()}
