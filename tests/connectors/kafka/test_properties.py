"""The client properties that a job file may set, and their form as table options."""

from __future__ import annotations

from typing import Any

import pytest
from rejection import accepted, rejection

from penstock.connectors.kafka.properties import CONSUMER, PRODUCER, ConsumerProperties, ProducerProperties, as_options
from penstock.connectors.kafka.security import Security

PROVIDER = "org.apache.flink.kafka.shaded.org.apache.kafka.common.config.provider"


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        (ConsumerProperties, {"max.poll.records": 1, "isolation.level": "read_uncommitted", "client.rack": "eu-1.a"}),
        (ConsumerProperties, {"fetch.max.wait.ms": 0, "session.timeout.ms": 86_400_000, "receive.buffer.bytes": -1}),
        (ProducerProperties, {"acks": "all", "buffer.memory": 1 << 20, "batch.size": 0, "compression.type": "zstd"}),
        (ConsumerProperties, {}),
    ],
)
def test_a_property_of_the_list_may_have_each_value_of_its_range(kind: Any, properties: dict[str, Any]) -> None:
    assert accepted(kind, properties) == properties


@pytest.mark.parametrize(
    ("kind", "name", "value", "found", "allowed"),
    [
        (ConsumerProperties, "max.poll.records", 0, "0", "a whole number from 1 to 2147483647"),
        (ConsumerProperties, "max.poll.records", True, "True", "a whole number from 1 to 2147483647"),
        (ConsumerProperties, "max.poll.records", "5", "'5'", "a whole number from 1 to 2147483647"),
        (ConsumerProperties, "session.timeout.ms", 86_400_001, "86400001", "a whole number from 0 to 86400000"),
        (ConsumerProperties, "auto.offset.reset", "first", "'first'", "earliest, latest, none"),
        (ConsumerProperties, "client.rack", "a b", "'a b'", "1 to 100 letters, digits, _ . and -"),
        (ConsumerProperties, "client.rack", "", "''", "1 to 100 letters, digits, _ . and -"),
        (ConsumerProperties, "client.rack", 5, "5", "1 to 100 letters, digits, _ . and -"),
        (ProducerProperties, "acks", "1", "'1'", "all"),
        (ProducerProperties, "buffer.memory", 1, "1", f"a whole number from {1 << 20} to {1 << 40}"),
    ],
)
def test_a_value_outside_the_range_is_an_error(kind: Any, name: str, value: object, found: str, allowed: str) -> None:
    assert rejection(kind, {name: value}) == (f"{name}: {found}", allowed, "correct the value")


OWN_KEY = "remove it; the connector may have its own key for the same purpose"


@pytest.mark.parametrize(
    ("kind", "allowed", "name", "do"),
    [
        (ConsumerProperties, CONSUMER, "max.poll.record", 'did you mean "max.poll.records"?'),
        (ConsumerProperties, CONSUMER, "value.deserializer", OWN_KEY),
        (ProducerProperties, PRODUCER, "transactional.id", OWN_KEY),
        (ProducerProperties, PRODUCER, "LINGER.MS", 'did you mean "linger.ms"?'),
    ],
)
def test_a_property_that_is_not_in_the_list_is_an_error(kind: Any, allowed: dict[str, Any], name: str, do: str) -> None:
    assert rejection(kind, {name: 1}) == (
        f'"{name}", which a job file may not set', ", ".join(sorted(allowed)), do
    )  # fmt: skip


@pytest.mark.parametrize("name", ["sasl.jaas.config", "security.protocol", "ssl.keystore.location"])
@pytest.mark.parametrize("kind", [ConsumerProperties, ProducerProperties])
def test_a_connection_is_secured_by_its_own_key(kind: Any, name: str) -> None:
    assert rejection(kind, {name: "x"}) == (
        f'"{name}" in properties',
        "security: {tls: true, mechanism: SCRAM-SHA-512, user: ..., password: ${env:NAME}}",
        "use the key security instead, see docs/security.md",
    )


def test_no_property_of_the_list_runs_code_or_names_a_file() -> None:
    for name in {**CONSUMER, **PRODUCER}:
        assert not name.endswith((".class", ".classes", ".location", ".reporters", ".providers", "serializer")), name


def test_properties_are_table_options_with_java_s_words_for_true_and_false() -> None:
    assert as_options({"linger.ms": 5, "enable.x": True, "client.rack": "A"}) == {
        "properties.linger.ms": "5", "properties.enable.x": "true", "properties.client.rack": "A"
    }  # fmt: skip
    assert as_options({}) == {}


def test_flink_receives_references_and_the_config_providers_that_resolve_them() -> None:
    security = Security.model_validate(
        {"tls": False, "mechanism": "PLAIN", "user": "me", "password": "${env:P}"}
    )  # fmt: skip
    options = as_options({"linger.ms": 5}, security)
    jaas = options.pop("properties.sasl.jaas.config")
    assert jaas.endswith('.PlainLoginModule required username="me" password="${env:P}";')
    assert options == {
        "properties.linger.ms": "5",
        "properties.security.protocol": "SASL_PLAINTEXT",
        "properties.sasl.mechanism": "PLAIN",
        "properties.config.providers": "env,file,directory",
        "properties.config.providers.env.class": f"{PROVIDER}.EnvVarConfigProvider",
        "properties.config.providers.file.class": f"{PROVIDER}.FileConfigProvider",
        "properties.config.providers.directory.class": f"{PROVIDER}.DirectoryConfigProvider",
    }


def test_without_a_reference_to_a_secret_no_config_provider_is_configured() -> None:
    assert as_options({}, Security.model_validate({"tls": True})) == {"properties.security.protocol": "SSL"}
