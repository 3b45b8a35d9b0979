"""The keys of the source and the sink of RabbitMQ that say how to connect, and what a broker answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any
from urllib.parse import unquote

from pydantic import AfterValidator, model_validator

from penstock.connectors.base.connector import Connector
from penstock.connectors.base.finding import Finding
from penstock.connectors.config.invalid import invalid
from penstock.connectors.config.problems import RunError
from penstock.connectors.config.secrets import Name, Secret, resolved
from penstock.connectors.config.servers import TrustedCa, is_host, parts_of
from penstock.connectors.runtime.asking import ask

_PORTS = {"amqp": 5672, "amqps": 5671}
_LONGEST = 255
"""Bytes of a name in AMQP."""


def _url(value: str) -> str:
    scheme, hosts, vhost = parts_of(value)
    plain = "@" not in "".join(hosts) and not re.search(r"[?#]", value)
    known = scheme in _PORTS and all(map(is_host, hosts)) and "/" not in vhost
    if plain and known and len(unquote(vhost).encode()) <= _LONGEST:
        return value
    found = f'"{value[:80]}"' if plain else "a URL with a user, a password or options (not shown)"
    do = "write the user and the password as user and password, and a / in the virtual host as %2F"
    raise invalid(found, "amqp://host:port/vhost, or amqps://host:port/vhost for TLS", do)


def _name(value: str) -> str:
    if len(value.encode()) > _LONGEST or not value.isprintable() or "${" in value:
        raise invalid(f'"{value[:60]}"', f"at most {_LONGEST} bytes of printable characters", "correct the name")
    return value


def _queue(value: str) -> str:
    if not value or value.startswith("amq."):
        raise invalid(f'"{value[:60]}"', "a name that does not begin with amq.", "name a queue")
    return _name(value)


Url = Annotated[str, AfterValidator(_url)]
Queue = Annotated[str, AfterValidator(_queue)]
AmqpName = Annotated[str, AfterValidator(_name)]


class RabbitmqConnector(Connector):
    """A connector of RabbitMQ. Source and sink declare the fields themselves, in the order of the reference."""

    url: Url
    """The broker and the virtual host: `amqp://host:port/vhost`, or `amqps://` for TLS. Without a virtual host it is `/`. Several hosts
    separated by commas are tried in their order."""

    user: Name | None = None
    """The user, or a reference to it. Without it the user is `guest`, which a broker accepts only from its own machine."""

    password: Secret | None = None
    """A reference to the password, such as `${env:RABBITMQ_PASSWORD}`."""

    tls: TrustedCa | None = None
    """How to verify the broker of an amqps URL."""

    @model_validator(mode="after")
    def _login(self) -> RabbitmqConnector:
        if bool(self.user) != bool(self.password):
            raise invalid("only one of user and password", "both, or neither", "set both")
        if self.tls and not self.url.startswith("amqps:"):
            raise invalid("tls with an amqp URL", "an amqps URL", "write amqps, or remove tls")
        return self

    @property
    def references(self) -> tuple[str, ...]:
        return tuple(one for one in (self.user, self.password) if one and one.startswith("${"))

    @property
    def notes(self) -> tuple[str, ...]:
        local = {"localhost", "127.0.0.1", "[::1]"}
        hosts = [re.sub(r":\d+$", "", one) for one in parts_of(self.url)[1]]
        far = [one for one in hosts if one not in local]
        if self.url.startswith("amqp:") and self.password and far:
            return (f"the connection to {far[0]} is not encrypted, and sends a password: use amqps",)
        return ()

    @property
    def virtual_host(self) -> str:
        """Return the name of the virtual host."""
        return unquote(parts_of(self.url)[2]) or "/"

    def connection(self) -> dict[str, Any]:
        """Return how to connect, as `RabbitBroker.java` reads it. Secrets are references."""
        scheme, hosts, _ = parts_of(self.url)
        login = {"user": self.user, "password": self.password} if self.user else {}
        with_ports = [one if re.search(r":\d+$", one) else f"{one}:{_PORTS[scheme]}" for one in hosts]
        return {
            "hosts": ",".join(with_ports),
            "vhost": self.virtual_host,
            "login": login,
            "tls": scheme == "amqps",
            "ca": self.tls.ca if self.tls else None,
        }

    def broker_options(self) -> dict[str, str]:
        """Return how to connect as table options."""
        made = self.connection()
        return {
            "hosts": made["hosts"],
            "vhost": made["vhost"],
            "tls": str(made["tls"]).lower(),
            **({"ca": made["ca"]} if made["ca"] else {}),
            **{f"login.{name}": value for name, value in made["login"].items()},
        }

    def ask(self, queue: str | None = None, exchange: str | None = None, create: bool = False) -> dict[str, Any]:
        """Ask the broker for a queue and an exchange; see `java/penstock/rabbitmq/Ask.java`. Raises NotHere, and RunError."""
        for value in self.references:
            resolved(value)
        request = {**self.connection(), "queue": queue, "exchange": exchange, "create": create}
        return ask("penstock.rabbitmq.Ask", ("penstock-rabbitmq", "rabbitmq"), request, f"{self.url} cannot be used")

    def findings(
        self, queue: str | None = None, exchange: str | None = None, create: bool = False, prepare: bool = False
    ) -> Iterator[Finding]:
        """Check that the broker answers, and that the queue and the exchange exist. With `create`, a missing queue is no problem; with
        `prepare`, it is created. Raises NotHere."""
        answer = self.ask(queue, exchange, create and prepare)
        if "error" in answer:
            do = "start the broker, or correct url, user, password and tls"
            yield Finding("bad", f"broker {self.url}", f"cannot be used: {answer['error']}", do)
            return
        yield Finding("ok", f"broker {self.url}", "answers")
        if queue:
            yield _queue_finding(queue, answer["queue"], create)
        if exchange:
            found = answer["exchange"]
            do = "create the exchange, or correct its name" if found.get("code") == 404 else "give the user the rights"
            what = f"exchange {exchange}"
            yield Finding("bad", what, found["error"], do) if "error" in found else Finding("ok", what, "exists")

    def require(self, findings: Iterator[Finding], who: str) -> None:
        """Raise RunError at the first problem."""
        for finding in findings:
            if finding.state == "bad":
                raise RunError(f"{who}: {finding.what}: {finding.found}", do=finding.do)


def _queue_finding(name: str, found: dict[str, Any], create: bool) -> Finding:
    what = f"queue {name}"
    if "error" not in found:
        return Finding("ok", what, f"exists; messages that wait: {found['messages']}, consumers: {found['consumers']}")
    if found["code"] != 404:
        do = "give the user the rights, or correct the name" if found["code"] else "wait until the broker answers"
        return Finding("bad", what, found["error"], do)
    if create:
        return Finding("ok", what, "does not exist, and is created when the job starts")
    return Finding("bad", what, found["error"], "create the queue, set create: true, or correct the name")
