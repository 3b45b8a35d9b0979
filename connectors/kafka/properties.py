"""Allow-list of the Kafka client properties that a job file may set, with a check of each value.

An allow-list, because some client properties run code (`*.class`, `interceptor.classes`) or read any file. Properties that secure a
connection follow from the mapping `security:` instead (`connectors/kafka/security.py`).
Names and ranges are those of the Apache Kafka 4.2 documentation of consumers and producers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated

from pydantic import AfterValidator

from penstock.connectors.config.invalid import invalid
from penstock.connectors.config.problems import nearest
from penstock.connectors.kafka.security import SHADED, Security

Value = str | int | bool
Check = Callable[[Value], str]
"""Returns what is allowed if the value is not, else an empty text."""


def _between(minimum: int, maximum: int) -> Check:
    return lambda value: (
        "" if type(value) is int and minimum <= value <= maximum else f"a whole number from {minimum} to {maximum}"
    )


def _one_of(*names: str) -> Check:
    return lambda value: "" if value in names else ", ".join(names)


_MS = _between(0, 86_400_000)
_COUNT = _between(1, 2_147_483_647)
_BOTH: dict[str, Check] = {
    "client.rack": lambda value: (
        ""
        if isinstance(value, str) and re.fullmatch(r"[\w.-]{1,100}", value)
        else "1 to 100 letters, digits, _ . and -"
    ),
    "connections.max.idle.ms": _MS,
    "metadata.max.age.ms": _MS,
    "receive.buffer.bytes": _between(-1, 1 << 30),
    "reconnect.backoff.max.ms": _MS,
    "reconnect.backoff.ms": _MS,
    "request.timeout.ms": _MS,
    "retry.backoff.ms": _MS,
    "send.buffer.bytes": _between(-1, 1 << 30),
    "socket.connection.setup.timeout.ms": _MS,
}
CONSUMER: dict[str, Check] = {
    **_BOTH,
    "auto.offset.reset": _one_of("earliest", "latest", "none"),
    "fetch.max.bytes": _COUNT,
    "fetch.max.wait.ms": _MS,
    "fetch.min.bytes": _COUNT,
    "heartbeat.interval.ms": _MS,
    "isolation.level": _one_of("read_committed", "read_uncommitted"),
    "max.partition.fetch.bytes": _COUNT,
    "max.poll.records": _COUNT,
    "session.timeout.ms": _MS,
}
PRODUCER: dict[str, Check] = {
    **_BOTH,
    "acks": _one_of("all"),
    "batch.size": _between(0, 1 << 30),
    "buffer.memory": _between(1 << 20, 1 << 40),
    "compression.type": _one_of("none", "gzip", "snappy", "lz4", "zstd"),
    "delivery.timeout.ms": _between(1, 2_147_483_647),
    "linger.ms": _MS,
    "max.block.ms": _MS,
    "max.request.size": _COUNT,
}


def _checked(allowed: dict[str, Check]) -> Callable[[dict[str, Value]], dict[str, Value]]:
    def check(properties: dict[str, Value]) -> dict[str, Value]:
        for name, value in properties.items():
            if name.startswith(("sasl.", "security.", "ssl.")):
                example = "security: {tls: true, mechanism: SCRAM-SHA-512, user: ..., password: ${env:NAME}}"
                raise invalid(
                    f'"{name}" in properties', example, "use the key security instead, see docs/security.md", name
                )
            if name not in allowed:
                do = nearest(name, allowed) or "remove it; the connector may have its own key for the same purpose"
                raise invalid(f'"{name}", which a job file may not set', ", ".join(sorted(allowed)), do, name)
            if expected := allowed[name](value):
                raise invalid(f"{name}: {f'{value!r}'[:60]}", expected, "correct the value", name)
        return properties

    return check


def as_options(properties: Mapping[str, Value], security: Security | None = None) -> dict[str, str]:
    """Table options for client properties and `security`. With references to secrets, they configure Kafka's config providers."""
    properties = {**properties, **(security.properties() if security else {})}
    options = {f"properties.{n}": str(v).lower() if isinstance(v, bool) else str(v) for n, v in properties.items()}
    if any("${" in value for value in options.values()):
        provider = f"{SHADED}.common.config.provider"
        options["properties.config.providers"] = "env,file,directory"
        for name in ("Env", "File", "Directory"):
            class_name = {"Env": "EnvVar"}.get(name, name) + "ConfigProvider"
            options[f"properties.config.providers.{name.lower()}.class"] = f"{provider}.{class_name}"
    return options


ConsumerProperties = Annotated[dict[str, Value], AfterValidator(_checked(CONSUMER))]
ProducerProperties = Annotated[dict[str, Value], AfterValidator(_checked(PRODUCER))]
