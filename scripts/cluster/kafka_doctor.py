"""Do the brokers of a job let it do what its file says, and what is its guarantee worth there?"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from connectors.base.problems import PenstockError, RunError
from connectors.base.quantities import millis
from connectors.kafka.preflight import admin
from connectors.kafka.secrets import NotHere
from connectors.kafka.sink import KafkaSink
from connectors.kafka.source import KafkaSource
from jobs import loops
from jobs.pipeline import Pipeline
from scripts.local.health import Finding

_LEAST_OUTAGE_MS = 300_000


def findings(pipeline: Pipeline) -> list[Finding]:
    """Topics, rights, and for exactly-once sinks what the label is worth. As seen from this machine: brokers whose secrets are not here are
    not looked at. What holds for several connectors is said once."""
    return list(dict.fromkeys(_findings(pipeline)))


def _findings(pipeline: Pipeline) -> Iterator[Finding]:
    limits: dict[str, int] = {}
    letters = pipeline.letters()
    for connector in pipeline.connectors():
        if not isinstance(connector, (KafkaSource, KafkaSink)):
            continue
        try:
            with closing(admin("doctor", connector.bootstrap, connector.security)) as client:
                yield from _topics(client, connector, limits)
                if isinstance(connector, KafkaSink) and connector.transactional:
                    yield from _transactions(client, connector, millis(pipeline.flink.checkpoint))
        except NotHere as problem:
            yield Finding("warn", "Kafka", f"{connector.bootstrap} was not looked at: {problem.head}", problem.do)
        except PenstockError as problem:
            yield Finding("bad", "Kafka", str(problem).splitlines()[0], "start it, or correct bootstrap")
    with contextlib.suppress(PenstockError):  # brokers that do not answer are a finding already
        for loop in loops.loops(pipeline, ask=True):
            do = "allow_loop: true says that it is meant" if loop.meant else f"write to another {loop.path[-1]}"
            yield Finding("warn" if loop.meant else "bad", "loop", loop.text, do)
    if isinstance(letters, KafkaSink):
        yield from _room(pipeline, letters.topic, limits)


def _room(pipeline: Pipeline, letters: str, limits: dict[str, int]) -> Iterator[Finding]:
    """A dead letter holds a whole record."""
    topics = [topic for one in pipeline.all_sources().values() if isinstance(one, KafkaSource) for topic in one.topic]
    most, ours = max((limits.get(topic, 0) for topic in topics), default=0), limits.get(letters)
    if ours is not None and ours < most:
        do = f"a larger bad record stops the job: set max.message.bytes of {letters} to {most * 11 // 10}"
        yield Finding("warn", f"topic {letters}", f"takes {ours} bytes, a record may have {most}", do)


def refuse_bad(pipeline: Pipeline) -> None:
    """Raise RunError at the first thing that keeps the job from what its file promises."""
    for finding in findings(pipeline):
        if finding.state == "bad":
            raise RunError(f"{pipeline.name}: {finding.what}: {finding.found}", do=finding.do)


def _topics(client: Any, connector: KafkaSource | KafkaSink, limits: dict[str, int]) -> Iterator[Finding]:
    """Puts each topic's largest record, in bytes, in `limits`."""
    names = connector.topic if isinstance(connector, KafkaSource) else [connector.topic]
    needed = "READ" if isinstance(connector, KafkaSource) else "WRITE"
    there = set(client.list_topics())
    for name in names:
        if name not in there:
            do = f"penstock topics create {name} --bootstrap {connector.bootstrap}"
            yield Finding("bad", f"topic {name}", "is not there", do)
            continue
        [found] = client.describe_topics([name])
        limits[name] = int(_config(client, "topic", name)["max.message.bytes"])
        rights = found.get("authorized_operations") or []
        text = f"{len(found['partitions'])} partitions"
        if rights and needed not in rights:
            found_text = f"{text}; no right to {needed.lower()}"
            yield Finding("bad", f"topic {name}", found_text, f"ask for {needed} on {name}")
        elif isinstance(connector, KafkaSink) and connector.transactional:
            yield _durable(client, f"topic {name}", text, _copies(found), ("topic", name, "min.insync.replicas"))
        else:
            yield Finding("ok", f"topic {name}", f"{text}, {_copies(found)} copies")
    if isinstance(connector, KafkaSource) and connector.properties.get("isolation.level") == "read_uncommitted":
        do = "take isolation.level out: rows of transactions that are aborted later are read too"
        yield Finding("warn", "reader", f"{', '.join(names)} read uncommitted", do)


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


def _transactions(client: Any, sink: KafkaSink, checkpoint: int) -> Iterator[Finding]:
    """The timeout must be allowed by the broker and longer than any outage; the transactions' own log must be durable."""
    node = str(client.describe_cluster()["controller_id"])
    config = _config(client, "broker", node)
    ours, most = millis(sink.transaction_timeout), int(config["transaction.max.timeout.ms"])
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
