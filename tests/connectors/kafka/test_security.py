"""`security:` as properties of Flink's Kafka client."""

from __future__ import annotations

from typing import Any

import pytest

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


def test_only_the_token_endpoints_of_the_job_are_allowed() -> None:
    assert java_options([]) == []
    [option] = java_options(["https://b/t", "https://a/t", "https://b/t"])
    assert option.endswith(".sasl.oauthbearer.allowed.urls=https://a/t,https://b/t")
