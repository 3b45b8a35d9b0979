"""How a job file names a server, and the certificates to trust."""

from __future__ import annotations

import re

from penstock.connectors.config.model import Config
from penstock.connectors.config.secrets import AbsolutePath

_HOST = re.compile(r"([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:]+\])(:[1-9]\d{0,4})?", re.ASCII)


def is_host(text: str) -> bool:
    """Whether the text is `host` or `host:port`; an IPv6 address is in square brackets."""
    match = _HOST.fullmatch(text)
    return bool(match and int((match[2] or ":1")[1:]) <= 65535)


def parts_of(url: str) -> tuple[str, list[str], str]:
    """Return the scheme, the hosts with their ports, and the path without its first slash, of a URL that may name several hosts.

    `urllib.parse.urlsplit` of later versions of Python rejects an IPv6 address that is not the only host.
    """
    scheme, _, after = url.partition("://")
    hosts, _, path = after.partition("/")
    return scheme, hosts.split(","), path


class Tls(Config):
    """The TLS connection to the server, whose certificate and host name are verified."""

    ca: AbsolutePath | None = None
    """Absolute path of a PEM file with the CA certificates to trust. Without it those of the Java runtime are trusted."""


class TrustedCa(Config):
    """The TLS connection to the server, whose certificate and host name are always verified."""

    ca: AbsolutePath
    """Absolute path of a PEM file with the CA certificates to trust, instead of those of the Java runtime."""
