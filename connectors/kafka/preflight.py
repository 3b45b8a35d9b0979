"""Checks before a run: do the brokers answer, and do the topics exist?"""

from __future__ import annotations

import logging
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any

from penstock.connectors.config.problems import RunError, nearest
from penstock.connectors.config.secrets import NotHere
from penstock.connectors.kafka.client import arguments, readable_here, require, tls_arguments
from penstock.connectors.kafka.security import Security, Tls

_WAIT_MS = 5000


def check_topics(who: str, bootstrap: str, topics: Sequence[str], security: Security | None = None) -> None:
    """Check that these topics exist. `who` begins the error message, such as `source kafka`.

    Raises RunError if no broker answers within 5 s or it rejects the connection, MissingTopics if a topic does not exist, and NotHere if a
    secret is not on this machine. Brokers whose certificates are in Java key stores are not checked.
    """
    if security:
        require(security)
    if not readable_here(security):
        return
    with closing(admin(who, bootstrap, security)) as client:
        existing = list(client.list_topics())
    if missing := [topic for topic in topics if topic not in existing]:
        raise MissingTopics([Missing(who, bootstrap, topic, bool(security)) for topic in missing], existing)


def check_pattern(
    who: str, bootstrap: str, pattern: str, matches: Callable[[str], bool], security: Security | None = None
) -> None:
    """Check that a topic matches. Raises the errors of `check_topics`, and RunError if no topic matches."""
    if security:
        require(security)
    if not readable_here(security):
        return
    with closing(admin(who, bootstrap, security)) as client:
        existing = sorted(client.list_topics())
    if not any(map(matches, existing)):
        shown = ", ".join([topic for topic in existing if not topic.startswith("__")][:20]) or "no topics"
        do = "correct the pattern, or create a topic first"
        raise RunError(f'{who}: no topic on {bootstrap} matches "{pattern}"', found=shown, do=do)


@dataclass(frozen=True)
class Missing:
    """A topic that does not exist."""

    who: str
    """The connector that needs the topic, such as `sink kafka`."""

    bootstrap: str
    topic: str

    secured: bool
    """Whether the connector has a `security:` mapping."""


class MissingTopics(RunError):
    """Topics do not exist. `missing` are these topics, `existing` the names of those that do exist."""

    def __init__(self, missing: Sequence[Missing], existing: Sequence[str]) -> None:
        self.missing, self.existing = list(dict.fromkeys(missing)), sorted(set(existing))
        by_brokers: dict[str, list[str]] = {}
        for one in self.missing:
            where = f"{one.bootstrap} --security FILE" if one.secured else one.bootstrap
            by_brokers.setdefault(where, [])
            if one.topic not in by_brokers[where]:
                by_brokers[where].append(one.topic)
        head = "; ".join(
            f'{one.who}: the topic "{one.topic}" does not exist on {one.bootstrap}' for one in self.missing
        )
        hints = [nearest(one.topic, existing) for one in self.missing]
        create = " && ".join(
            f"penstock topics create {' '.join(topics)} --bootstrap {where}" for where, topics in by_brokers.items()
        )
        shown = ", ".join([topic for topic in self.existing if not topic.startswith("__")][:20]) or "no topics"
        do = f"{hints[0]} Otherwise: {create}" if len(hints) == 1 and hints[0] else create
        super().__init__(head, found=shown, do=do)

    @staticmethod
    def together(several: Sequence[MissingTopics]) -> MissingTopics:
        """Combine several errors into one."""
        return MissingTopics(
            [one for problem in several for one in problem.missing],
            [topic for problem in several for topic in problem.existing],
        )


def cluster_id(bootstrap: str, security: Security | None = None) -> str | None:
    """The id of the Kafka cluster, which is the same at each of its addresses. None if a secret is not on this machine.

    Raises RunError if no broker answers or it rejects the connection.
    """
    try:
        with closing(admin("kafka", bootstrap, security)) as client:
            return str(client.describe_cluster()["cluster_id"])
    except NotHere:
        return None


def admin(who: str, bootstrap: str, security: Security | None = None) -> Any:
    """Connect a kafka-python admin client. `who` begins the error message, such as `source kafka`.

    Raises RunError if no broker answers within 5 s or it rejects the connection, and NotHere if a secret is not on this machine.
    """
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
    """Find out why no client could connect, step by step.

    kafka-python only reports a timeout: it loses the broker's answer to a login if the broker closes the connection right after it.
    """
    try:
        host, connection = _connection(bootstrap)
    except OSError:
        do = "start a broker (penstock stack up), or correct bootstrap"
        return RunError(f"{who}: no Kafka broker answers at {bootstrap} ({found})", do=do)
    with connection:
        try:
            if security and security.tls:
                _handshake(connection, host, security.certificates)
        except (ssl.SSLError, OSError) as problem:
            reason = (
                getattr(problem, "verify_message", "") or getattr(problem, "reason", "") or problem.strerror or found
            )
            do = "check ca, certificate, the host name in the broker's certificate, and that this listener uses TLS"
            return RunError(f"{who}: cannot open a TLS connection to the broker at {bootstrap}", str(reason), do=do)
    if security and security.mechanism:
        user = security.oauth.client_id if security.oauth else security.user
        return RunError(
            f"{who}: the broker at {bootstrap} rejects the login",
            f"{security.mechanism} as {user}, {'with' if security.tls else 'without'} TLS",
            do="check the user, the secret that its password refers to, and the mechanism of this listener",
        )
    return RunError(
        f"{who}: the broker at {bootstrap} closes the connection ({found})",
        f"a connection with {'TLS and without' if security else 'neither TLS nor'} a login",
        do="state how this listener is secured: security: {...}, see docs/security.md",
    )


def _connection(bootstrap: str) -> tuple[str, socket.socket]:
    """Connect to the first broker that accepts a connection. Returns its host and the socket. Raises OSError."""
    for server in bootstrap.split(","):
        name, _, port = server.rpartition(":")
        host = name.strip("[]")
        with suppress(OSError):
            return host, socket.create_connection((host, int(port)), timeout=_WAIT_MS / 1000)
    raise OSError


def _handshake(connection: socket.socket, host: str, certificates: Tls) -> None:
    """Do the TLS handshake as kafka-python does it. A broker reports a rejected client certificate only when data is read."""
    tls = tls_arguments(certificates)
    context = ssl.create_default_context(cafile=tls.get("ssl_cafile"))
    if certificate := tls.get("ssl_certfile"):
        context.load_cert_chain(certificate, password=tls.get("ssl_password"))
    with context.wrap_socket(connection, server_hostname=host) as secured:
        secured.settimeout(1)
        with suppress(TimeoutError):
            secured.recv(1)
