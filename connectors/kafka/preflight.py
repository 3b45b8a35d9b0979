"""A look at the brokers before a run: do they answer, and are the topics there?"""

from __future__ import annotations

import logging
import socket
import ssl
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any

from penstock.connectors.base.problems import RunError, nearest
from penstock.connectors.kafka.client import arguments, readable_here, require, tls_arguments
from penstock.connectors.kafka.secrets import NotHere
from penstock.connectors.kafka.security import Security, Tls

_WAIT_MS = 5000


def check_topics(who: str, bootstrap: str, topics: Sequence[str], security: Security | None = None) -> None:
    """Raise RunError when no broker answers within 5 s, it does not let us in, or a topic is missing; NotHere when a secret
    is not on this machine. Brokers whose certificates are in Java's key stores are not asked."""
    if security:
        require(security)
    if not readable_here(security):
        return
    with closing(admin(who, bootstrap, security)) as client:
        there = list(client.list_topics())
    if missing := [topic for topic in topics if topic not in there]:
        raise MissingTopics([Missing(who, bootstrap, topic, bool(security)) for topic in missing], there)


@dataclass(frozen=True)
class Missing:
    """A topic that is not there, and the connector that needs it."""

    who: str
    bootstrap: str
    topic: str
    secured: bool


class MissingTopics(RunError):
    """Topics that do not exist; `there` are those that do."""

    def __init__(self, missing: Sequence[Missing], there: Sequence[str]) -> None:
        self.missing, self.there = list(dict.fromkeys(missing)), sorted(set(there))
        names: dict[str, list[str]] = {}  # by the brokers
        for one in self.missing:
            where = f"{one.bootstrap} --security FILE" if one.secured else one.bootstrap
            names.setdefault(where, [])
            if one.topic not in names[where]:
                names[where].append(one.topic)
        head = "; ".join(
            f'{one.who}: the topic "{one.topic}" does not exist on {one.bootstrap}' for one in self.missing
        )
        hints = [nearest(one.topic, there) for one in self.missing]
        create = " && ".join(
            f"penstock topics create {' '.join(topics)} --bootstrap {where}" for where, topics in names.items()
        )
        shown = ", ".join([topic for topic in self.there if not topic.startswith("__")][:20]) or "none"
        do = f"{hints[0]} Else: {create}" if len(hints) == 1 and hints[0] else create
        super().__init__(head, found=shown, do=do)

    @staticmethod
    def together(several: Sequence[MissingTopics]) -> MissingTopics:
        """All of them in one error."""
        return MissingTopics(
            [one for problem in several for one in problem.missing],
            [topic for problem in several for topic in problem.there],
        )


def cluster_id(bootstrap: str, security: Security | None = None) -> str | None:
    """What the brokers call their cluster: the same at each of its addresses. None where a secret is not on this machine. Raises
    RunError when no broker answers, or it does not let us in."""
    try:
        with closing(admin("kafka", bootstrap, security)) as client:
            return str(client.describe_cluster()["cluster_id"])
    except NotHere:
        return None


def admin(who: str, bootstrap: str, security: Security | None = None) -> Any:
    """A kafka-python admin client. Raises RunError when no broker answers, or it does not let us in."""
    from kafka import KafkaAdminClient
    from kafka.errors import KafkaError

    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    secured = arguments(security)
    try:
        return KafkaAdminClient(
            bootstrap_servers=bootstrap.split(","),
            bootstrap_timeout_ms=_WAIT_MS,
            request_timeout_ms=_WAIT_MS,
            **secured,
        )
    except (KafkaError, ValueError, OSError, AssertionError) as problem:
        raise _failure(who, bootstrap, security, type(problem).__name__) from None


def _failure(who: str, bootstrap: str, security: Security | None, found: str) -> RunError:
    """Why there is no client. kafka-python only says that time ran out: it loses the broker's answer to a login when the connection is
    closed right behind it. So this looks how far a connection comes."""
    try:
        host, connection = _connection(bootstrap)
    except OSError:
        do = "start one (penstock stack up), or correct bootstrap"
        return RunError(f"{who}: no Kafka broker answers at {bootstrap} ({found})", do=do)
    with connection:
        try:
            if security and security.tls:
                _handshake(connection, host, security.certificates)
        except (ssl.SSLError, OSError) as problem:
            reason = (
                getattr(problem, "verify_message", "") or getattr(problem, "reason", "") or problem.strerror or found
            )
            do = "check tls: ca, certificate, and the name in the broker's certificate; or this listener has no TLS"
            return RunError(f"{who}: no TLS connection to the broker at {bootstrap}", str(reason), do=do)
    if security and security.mechanism:
        user = security.oauth.client_id if security.oauth else security.user
        return RunError(
            f"{who}: the broker at {bootstrap} rejects the login",
            f"{security.mechanism} as {user}, {'with' if security.tls else 'without'} TLS",
            do="check the user, the secret behind the reference to its password, and which mechanism this listener has",
        )
    return RunError(
        f"{who}: the broker at {bootstrap} closes the connection ({found})",
        f"{'TLS' if security else 'neither TLS'} {'without' if security else 'nor'} a login",
        do="say how its listener is secured: security: {...}, see docs/security.md",
    )


def _connection(bootstrap: str) -> tuple[str, socket.socket]:
    """The first broker that accepts a connection, and the connection. Raises OSError."""
    for server in bootstrap.split(","):
        name, _, port = server.rpartition(":")
        host = name.strip("[]")
        with suppress(OSError):
            return host, socket.create_connection((host, int(port)), timeout=_WAIT_MS / 1000)
    raise OSError


def _handshake(connection: socket.socket, host: str, certificates: Tls) -> None:
    """TLS as kafka-python does it. A broker that wants another certificate says so only when it is read from."""
    tls = tls_arguments(certificates)
    context = ssl.create_default_context(cafile=tls.get("ssl_cafile"))
    if certificate := tls.get("ssl_certfile"):
        context.load_cert_chain(certificate, password=tls.get("ssl_password"))
    with context.wrap_socket(connection, server_hostname=host) as secured:
        secured.settimeout(1)
        with suppress(TimeoutError):
            secured.recv(1)
