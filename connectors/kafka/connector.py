"""The base class of the Kafka source and sink: the jars, secrets and token endpoints that `security:` needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.connectors.base.connector import Connector

if TYPE_CHECKING:
    from penstock.connectors.kafka.security import Security


class KafkaConnector(Connector):
    """A connector with the field `security`.

    Source and sink declare the field themselves, because the reference lists fields in the order of their declarations.
    """

    if TYPE_CHECKING:
        security: Security | None

    def needed_jars(self) -> tuple[str, ...]:
        return (*super().needed_jars(), *(("kafka-oauth",) if self.token_urls else ()))

    @property
    def references(self) -> tuple[str, ...]:
        return self.security.references if self.security else ()

    @property
    def token_urls(self) -> tuple[str, ...]:
        return (self.security.oauth.token_url,) if self.security and self.security.oauth else ()
