"""`security:` as properties of Flink's Kafka client and as arguments of the command's own."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.connectors.base.problems import RunError
from penstock.connectors.kafka.client import arguments, require
from penstock.connectors.kafka.properties import as_options
from penstock.connectors.kafka.security import Security, java_options

PLAIN = {"tls": False, "mechanism": "PLAIN", "user": "me", "password": "${env:P}"}


def _security(**more: Any) -> Security:
    return Security.model_validate({**PLAIN, **more})


@pytest.mark.parametrize(
    ("security", "protocol"),
    [
        (PLAIN, "SASL_PLAINTEXT"),
        ({**PLAIN, "tls": True}, "SASL_SSL"),
        ({"tls": True}, "SSL"),
        ({"tls": {"ca": "/ca.pem"}}, "SSL"),
    ],
)
def test_the_protocol_follows_from_tls_and_mechanism(security: dict[str, Any], protocol: str) -> None:
    assert Security.model_validate(security).properties()["security.protocol"] == protocol


def test_a_user_name_cannot_break_out_of_its_quotes() -> None:
    text = _security(user='me" password="x\\').properties()["sasl.jaas.config"]
    assert text.endswith(' username="me\\" password=\\"x\\\\" password="${env:P}";')


def test_flink_receives_references_and_the_config_providers_that_resolve_them() -> None:
    options = as_options({"linger.ms": 5}, _security())
    assert options["properties.config.providers"] == "env,file,directory"
    assert "${env:P}" in options["properties.sasl.jaas.config"]
    assert not any("config.providers" in name for name in as_options({"linger.ms": 5}))


def test_only_the_token_endpoints_of_the_job_are_allowed() -> None:
    assert java_options([]) == []
    [option] = java_options(["https://b/t", "https://a/t", "https://b/t"])
    assert option.endswith(".sasl.oauthbearer.allowed.urls=https://a/t,https://b/t")


def test_the_commands_own_clients_receive_resolved_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("P", "hunter2")
    assert arguments(None) == {}
    assert arguments(_security(mechanism="SCRAM-SHA-256", user="a=b,c")) == {
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-256",
        "sasl_plain_username": "a=3Db=2Cc",
        "sasl_plain_password": "hunter2",
    }


@pytest.mark.parametrize("secret", ['a"b', "a\\b", "a\nb"])
def test_a_password_that_kafka_would_misread_is_an_error(secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("P", secret)
    with pytest.raises(RunError, match=r"\$\{env:P\} contains a quotation mark") as caught:
        require(_security())
    assert secret not in str(caught.value)


def test_only_the_job_can_read_java_key_stores(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("P", "hunter2")
    (tmp_path / "t.p12").touch()
    store = {"path": str(tmp_path / "t.p12"), "password": "${env:P}"}
    security = Security.model_validate({"tls": {"truststore": store}})
    require(security)
    assert security.properties()["ssl.truststore.type"] == "PKCS12"
    with pytest.raises(RunError, match="cannot read"):
        arguments(security)
