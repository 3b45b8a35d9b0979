"""Do the brokers let a job do what its file says, and what is its guarantee worth there?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from typing import Any

from penstock.connectors.base.finding import Finding
from penstock.connectors.base.problems import PenstockError
from penstock.connectors.base.quantities import millis
from penstock.connectors.kafka.preflight import admin
from penstock.connectors.kafka.secrets import NotHere
from penstock.connectors.kafka.security import Security

_LEAST_OUTAGE_MS = 300_000


def of_source(
    bootstrap: str, topics: Sequence[str], security: Security | None, uncommitted: bool, largest: dict[str, int]
) -> Iterator[Finding]:
    """Whether these topics are there and may be read. Puts each topic's largest record, in bytes, into `largest`."""
    yield from _asked(bootstrap, security, lambda client: _topics(client, bootstrap, topics, "READ", False, largest))
    if uncommitted:
        do = "take isolation.level out: rows of transactions that are aborted later are read too"
        yield Finding("warn", "reader", f"{', '.join(topics)} read uncommitted", do)


def of_sink(
    bootstrap: str, topic: str, security: Security | None, timeout: timedelta | None, checkpoint: timedelta,
    largest: dict[str, int],
) -> Iterator[Finding]:  # fmt: skip
    """Whether this topic is there and may be written; with a transaction `timeout` also what exactly-once is worth there. Puts its
    largest record, in bytes, into `largest`."""

    def look(client: Any) -> Iterator[Finding]:
        yield from _topics(client, bootstrap, [topic], "WRITE", timeout is not None, largest)
        if timeout is not None:
            yield from _transactions(client, millis(timeout), millis(checkpoint))

    yield from _asked(bootstrap, security, look)


def _asked(bootstrap: str, security: Security | None, look: Callable[[Any], Iterator[Finding]]) -> Iterator[Finding]:
    """As seen from this machine: brokers whose secrets are not here are not looked at."""
    try:
        with closing(admin("doctor", bootstrap, security)) as client:
            yield from look(client)
    except NotHere as problem:
        yield Finding("warn", "Kafka", f"{bootstrap} was not looked at: {problem.head}", problem.do)
    except PenstockError as problem:
        yield Finding("bad", "Kafka", problem.head, "start it, or correct bootstrap")


def _topics(
    client: Any, bootstrap: str, names: Sequence[str], needed: str, transactional: bool, largest: dict[str, int]
) -> Iterator[Finding]:
    there = set(client.list_topics())
    for name in names:
        if name not in there:
            do = f"penstock topics create {name} --bootstrap {bootstrap}"
            yield Finding("bad", f"topic {name}", "is not there", do)
            continue
        [found] = client.describe_topics([name])
        largest[f"topic {name}"] = int(_config(client, "topic", name)["max.message.bytes"])
        rights = found.get("authorized_operations") or []
        text = f"{len(found['partitions'])} partitions"
        if rights and needed not in rights:
            found_text = f"{text}; no right to {needed.lower()}"
            yield Finding("bad", f"topic {name}", found_text, f"ask for {needed} on {name}")
        elif transactional:
            yield _durable(client, f"topic {name}", text, _copies(found), ("topic", name, "min.insync.replicas"))
        else:
            yield Finding("ok", f"topic {name}", f"{text}, {_copies(found)} copies")


def _copies(topic: Any) -> int:
    return min(len(partition["replica_nodes"]) for partition in topic["partitions"])


def _durable(client: Any, what: str, text: str, copies: int, setting: tuple[str, str, str]) -> Finding:
    """What is acknowledged outlives a broker only with two copies or more, of which two must have it; `setting` says how many must:
    the kind and name of a resource, and its key."""
    kind, name, key = setting
    least = int(_config(client, kind, name)[key])
    text = f"{text}, {copies} copies, a row acknowledged by {least}"
    if copies < 2:
        return Finding("warn", what, text, "exactly once holds as long as that broker's disk does: keep 3 copies")
    if least < 2:
        return Finding("warn", what, text, f"a row can be lost with one broker: set {key} to 2")
    if least >= copies:
        return Finding("warn", what, text, f"one broker down stops the job: keep more copies than {key}")
    return Finding("ok", what, text)


def _transactions(client: Any, ours: int, checkpoint: int) -> Iterator[Finding]:
    """The timeout `ours` must be allowed by the broker and longer than any outage; the transactions' own log must be durable. Both times
    are milliseconds."""
    node = str(client.describe_cluster()["controller_id"])
    config = _config(client, "broker", node)
    most = int(config["transaction.max.timeout.ms"])
    text = f"{ours / 1000:g} s, at most {most / 1000:g} s there"
    if ours > most:
        do = "lower transaction_timeout, or raise transaction.max.timeout.ms"
        yield Finding("bad", "transaction timeout", text, do)
    elif ours < checkpoint + _LEAST_OUTAGE_MS:
        do = f"an outage longer than {(ours - checkpoint) / 1000:g} s loses rows: raise transaction_timeout"
        yield Finding("warn", "transaction timeout", text, do)
    else:
        yield Finding("ok", "transaction timeout", text)
    copies = int(config["transaction.state.log.replication.factor"])
    parts = f"{config['transaction.state.log.num.partitions']} partitions"
    yield _durable(client, "transaction log", parts, copies, ("broker", node, "transaction.state.log.min.isr"))


def _config(client: Any, kind: str, name: str) -> dict[str, str]:
    from kafka.admin import ConfigResource, ConfigResourceType

    resource = ConfigResource(ConfigResourceType[kind.upper()], name)
    found = client.describe_configs([resource], config_filter="all")[kind][name]
    return {key: value["value"] if isinstance(value, dict) else value for key, value in found.items()}
