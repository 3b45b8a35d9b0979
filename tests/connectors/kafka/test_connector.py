"""What `security:` adds to the Kafka source and sink: a jar, references to secrets, and token endpoints."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.connectors.kafka.connector import KafkaConnector
from penstock.connectors.kafka.sink import KafkaSink
from penstock.connectors.kafka.source import KafkaSource

OAUTH = {"token_url": "https://a/t", "client_id": "${env:ID}", "client_secret": "${env:SECRET}"}


def _both(security: dict[str, Any] | None) -> list[KafkaConnector]:
    keys = {"bootstrap": "b:1", "topic": "t", **({"security": security} if security else {})}
    return [KafkaSink.model_validate(keys), KafkaSource.model_validate({**keys, "group": "g", "columns": {"a": "int"}})]


@pytest.mark.parametrize(
    ("security", "jars", "references", "token_urls"),
    [
        (None, ("kafka",), (), ()),
        ({"tls": True}, ("kafka",), (), ()),
        (
            {"tls": True, "mechanism": "PLAIN", "user": "${env:U}", "password": "${env:P}"},
            ("kafka",),
            ("${env:U}", "${env:P}"),
            (),
        ),
        (
            {"tls": True, "mechanism": "OAUTHBEARER", "oauth": OAUTH},
            ("kafka", "kafka-oauth"),
            ("${env:ID}", "${env:SECRET}"),
            ("https://a/t",),
        ),
    ],
)
def test_source_and_sink_need_what_their_login_needs(
    security: dict[str, Any] | None, jars: tuple[str, ...], references: tuple[str, ...], token_urls: tuple[str, ...]
) -> None:
    for connector in _both(security):
        login = tuple(jar for jar in connector.needed_jars() if jar != "penstock-kafka")  # of the source
        assert (login, connector.references, connector.token_urls) == (jars, references, token_urls)
