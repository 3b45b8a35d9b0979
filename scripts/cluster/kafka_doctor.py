"""Do the brokers of a job let it do what its file says?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

from connectors.kafka_preflight import admin
from connectors.kafka_sink import KafkaSink
from connectors.kafka_source import KafkaSource
from connectors.problems import PenstockError
from connectors.quantities import millis
from jobs.pipeline import Pipeline
from scripts.local.health import Finding


def findings(pipeline: Pipeline) -> Iterator[Finding]:
    """Topics, rights, and for exactly-once sinks the transaction timeout. As seen from this machine, without its secrets."""
    for connector in pipeline.connectors():
        if not isinstance(connector, (KafkaSource, KafkaSink)):
            continue
        if connector.properties.get("security.protocol", "PLAINTEXT") != "PLAINTEXT":
            yield Finding(
                "warn",
                "Kafka",
                f"{connector.bootstrap}, with TLS or a password",
                "its secrets are not here: not looked at",
            )
            continue
        try:
            with closing(admin("doctor", connector.bootstrap)) as client:
                yield from _topics(client, connector)
                if isinstance(connector, KafkaSink) and connector.transactional:
                    yield _timeout(client, connector)
        except PenstockError as problem:
            yield Finding("bad", "Kafka", str(problem).splitlines()[0], "start it, or mend bootstrap")


def _topics(client: Any, connector: KafkaSource | KafkaSink) -> Iterator[Finding]:
    names = connector.topic if isinstance(connector, KafkaSource) else [connector.topic]
    needed = "READ" if isinstance(connector, KafkaSource) else "WRITE"
    there = set(client.list_topics())
    for name in names:
        if name not in there:
            yield Finding(
                "bad",
                f"topic {name}",
                "is not there",
                f"penstock topics create {name} --bootstrap {connector.bootstrap}",
            )
            continue
        [found] = client.describe_topics([name])
        copies = min(len(partition["replica_nodes"]) for partition in found["partitions"])
        rights = found.get("authorized_operations") or []
        text = f"{len(found['partitions'])} partitions, {copies} copies"
        if rights and needed not in rights:
            yield Finding(
                "bad", f"topic {name}", f"{text}; no right to {needed.lower()}", f"ask for {needed} on {name}"
            )
        elif isinstance(connector, KafkaSink) and connector.transactional and copies < 2:
            yield Finding(
                "warn", f"topic {name}", text, "exactly once holds as long as that broker's disk does: keep 3 copies"
            )
        else:
            yield Finding("ok", f"topic {name}", text)


def _timeout(client: Any, sink: KafkaSink) -> Finding:
    from kafka.admin import ConfigResource, ConfigResourceType

    node = str(client.describe_cluster()["controller_id"])
    asked = client.describe_configs([ConfigResource(ConfigResourceType.BROKER, node)], config_filter="all")
    found = asked["broker"][node]["transaction.max.timeout.ms"]
    most = int(found["value"] if isinstance(found, dict) else found)
    ours = millis(sink.transaction_timeout)
    text = f"{ours / 1000:g} s, at most {most / 1000:g} s there"
    if ours > most:
        return Finding(
            "bad", "transaction timeout", text, "lower transaction_timeout, or raise transaction.max.timeout.ms"
        )
    return Finding("ok", "transaction timeout", text)
