"""Topics of an MQTT broker as a source."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, model_validator

from penstock.connectors.base.capabilities import Capabilities
from penstock.connectors.base.finding import Finding
from penstock.connectors.base.message_source import MessageSource
from penstock.connectors.config.columns import Column
from penstock.connectors.config.invalid import invalid
from penstock.connectors.config.problems import RunError
from penstock.connectors.config.quantities import PositiveDuration, duration_text
from penstock.connectors.config.secrets import Name, Secret, resolved
from penstock.connectors.config.servers import TrustedCa
from penstock.connectors.config.types import Type, parse
from penstock.connectors.mqtt.topics import Filters
from penstock.connectors.runtime.asking import ask

if TYPE_CHECKING:
    from pyflink.table import TableDescriptor

_JARS = ("penstock-mqtt", "mqtt")
_URL = re.compile(r"(mqtts?)://([A-Za-z0-9_.-]+)(?::([1-9]\d{0,4}))?", re.ASCII)
_SCHEMES = {"mqtt": ("tcp", 1883), "mqtts": ("ssl", 8883)}
"""The scheme in the client's URL, and the usual port."""

_LONGEST_ID = 200
_RAISE = "set max_inflight_messages 0 and a large max_queued_messages in mosquitto.conf, or acknowledge: read"
_ENVELOPE = {"topic": "string", "retained": "boolean", "duplicate": "boolean", "qos": "int"}


def _url(value: str) -> str:
    match = _URL.fullmatch(value)
    if match and int(match[3] or 1) <= 65535:
        return value
    found = "a URL with a user or a password (not shown)" if "@" in value else f'"{value[:80]}"'
    do = "write the user and the password as user and password"
    raise invalid(found, "mqtt://host:port, or mqtts://host:port for TLS", do)


def _client_id(value: str) -> str:
    if not value or not value.isprintable() or "${" in value or len(value.encode()) > _LONGEST_ID:
        do = "choose a name that no other client of the broker has, such as that of the job"
        raise invalid(f'"{value[:60]}"', f"1 to {_LONGEST_ID} bytes of printable characters", do)
    return value


def _limit(when: str) -> str:
    return f"by default Mosquitto sends at most 20 messages {when}, and drops those beyond 1,000 that wait"


class MqttSource(MessageSource):
    """Read the messages of topics, with MQTT 3.1.1.

    Guarantee: a message is acknowledged when a checkpoint is complete that has its row, so that each message is read at least once, if it
    was published with QoS 1 or 2. Messages with QoS 0 may be lost whenever the connection is. With `acknowledge: read`, the messages since
    the last checkpoint may be lost after a failure of the job.
    """

    capabilities: ClassVar[Capabilities] = Capabilities(jars=_JARS)
    origin_metadata: ClassVar[Mapping[str, str]] = {"penstock_source": "origin.source"}
    example: ClassVar[str] = """\
url: ${MQTT:mqtt://localhost:1883}
topic: NAME/+/input
client_id: NAME
user: penstock
password: ${env:MQTT_PASSWORD}
columns: {id: bigint, customer: string, amount: double, at: timestamp_ltz(3)}
event_time: {column: at, out_of_order: 5 s}
on_error: dead_letter
"""

    url: Annotated[str, AfterValidator(_url)]
    """The broker: `mqtt://host:port`, or `mqtts://host:port` for TLS. Without a port it is 1883, or 8883 for TLS."""

    user: Name | None = None
    """The user, or a reference to it. Without it the connection is anonymous."""

    password: Secret | None = None
    """A reference to the password, such as `${env:MQTT_PASSWORD}`."""

    tls: TrustedCa | None = None
    """How to verify the broker of an mqtts URL."""

    topic: Filters
    """A topic or a list of topics, with `+` for one level and `#` for all levels at the end, such as `sensors/+/temperature`. The source
    subscribes with QoS 1."""

    client_id: Annotated[str, AfterValidator(_client_id)]
    """The id of the client, by which the broker keeps the session: the subscriptions, and the messages that are not acknowledged. No other
    client of the broker may have it. It stays the same, also for the next version of the job."""

    acknowledge: Literal["checkpoint", "read"] = "checkpoint"
    """When to acknowledge a message: when a `checkpoint` is complete that has its row, or when its row is `read`. Mosquitto sends no more
    than 20 messages that are not acknowledged, so set its max_inflight_messages to 0 for `checkpoint`."""

    retry_for: PositiveDuration = timedelta(minutes=10)
    """How long the source tries to connect while the broker does not answer. Then the job fails, and Flink restarts it as `flink.restart`
    says."""

    format: Literal["json", "csv", "avro", "raw"] = "json"
    """Format of a message: `json` (one object), `csv` (one line), `avro` (without a schema registry), or `raw` (one column of string, bytes
    or a number)."""

    envelope: dict[Literal["topic", "retained", "duplicate", "qos"], Column] = {}
    """Metadata of the message to add as columns: metadata field to column name, such as `{topic: sensor}`. By default no metadata is
    added."""

    @model_validator(mode="after")
    def _login(self) -> MqttSource:
        if bool(self.user) != bool(self.password):
            raise invalid("only one of user and password", "both, or neither", "set both")
        if self.tls and not self._secured:
            raise invalid("tls with an mqtt URL", "an mqtts URL", "write mqtts, or remove tls")
        return self

    @property
    def _secured(self) -> bool:
        return self.url.startswith("mqtts:")

    @property
    def references(self) -> tuple[str, ...]:
        return tuple(one for one in (self.user, self.password) if one and one.startswith("${"))

    @property
    def notes(self) -> tuple[str, ...]:
        host = self.url.split("://")[1].split(":")[0]
        plain = self.password and not self._secured and host not in ("localhost", "127.0.0.1")
        return (
            *((f"the connection to {host} is not encrypted, and sends a password: use mqtts",) if plain else ()),
            *((f"{_limit('between two checkpoints')}: {_RAISE}",) if self.acknowledge == "checkpoint" else ()),
        )

    def metadata(self, origin: bool = False) -> dict[str, tuple[Type, str]]:
        selected = {name: (parse(_ENVELOPE[part]), str(part)) for part, name in self.envelope.items()}
        return {**selected, **super().metadata(origin)}

    def connection(self) -> dict[str, Any]:
        """Return how to connect, as `MqttBroker.java` reads it. Secrets are references."""
        match = _URL.fullmatch(self.url)
        assert match  # noqa: S101 - checked by the field
        scheme, port = _SCHEMES[match[1]]
        login = {"user": self.user, "password": self.password} if self.user else {}
        return {
            "url": f"{scheme}://{match[2]}:{match[3] or port}",
            "login": login,
            "ca": self.tls.ca if self.tls else None,
        }

    def ask(self) -> dict[str, Any]:
        """Ask the broker for the topics; see `java/penstock/mqtt/Ask.java`. Raises NotHere, and RunError."""
        for value in self.references:
            resolved(value)
        request = {**self.connection(), "client_id": self.client_id, "topics": self.topic}
        return ask("penstock.mqtt.Ask", _JARS, request, f"{self.url} cannot be used")

    def findings(self) -> Iterator[Finding]:
        """Check that the broker answers, and that the user may read the topics. Raises NotHere."""
        answer = self.ask()
        if "error" in answer:
            do = "start the broker, or correct url, user, password and tls"
            yield Finding("bad", f"broker {self.url}", f"cannot be used: {answer['error']}", do)
            return
        yield Finding("ok", f"broker {self.url}", "answers")
        if "topic" in answer:
            yield Finding("bad", "topic", answer["topic"], "give the user the right to read the topic")

    def preflight(self) -> None:
        for finding in self.findings():
            if finding.state == "bad":
                raise RunError(f"source mqtt: {finding.what}: {finding.found}", do=finding.do)

    def diagnose(self, checkpoint: timedelta, largest: dict[str, int]) -> Iterator[Finding]:
        yield from self.findings()
        if self.acknowledge == "checkpoint":
            yield Finding("warn", "acknowledge: checkpoint", _limit(f"every {duration_text(checkpoint)}"), _RAISE)

    def descriptor(self, schema: Any, origin: bool = False) -> TableDescriptor:
        made = self.connection()
        options = {
            "url": made["url"],
            **({"ca": made["ca"]} if made["ca"] else {}),
            **{f"login.{name}": value for name, value in made["login"].items()},
            "client-id": self.client_id,
            "topics": "\n".join(self.topic),
            "acknowledge-read": str(self.acknowledge == "read").lower(),
        }
        return self.table_of("penstock-mqtt", schema, options)
