"""The keys of sinks that send HTTP requests: the URL, the login, headers and TLS."""

from __future__ import annotations

import ipaddress
import re
from datetime import timedelta
from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, model_validator

from penstock.connectors.base.batch_sink import BatchSink
from penstock.connectors.config.invalid import invalid
from penstock.connectors.config.quantities import PositiveDuration, millis
from penstock.connectors.config.secrets import REFERENCE, Name, Secret
from penstock.connectors.config.servers import TrustedCa

_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
_SERVER = re.compile(rf"({_LABEL}(\.{_LABEL})*|\[[0-9A-Fa-f:]+\])(:[1-9]\d{{0,4}})?", re.ASCII)
_CHARACTER = r"([\w.~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})"
_REST = re.compile(rf"(/({_CHARACTER}|/)*)?(\?({_CHARACTER}|[/?])*)?", re.ASCII)
_HEADER = re.compile(r"[A-Za-z0-9-]{1,80}", re.ASCII)
_OWN_HEADERS = {
    "connection", "content-length", "content-type", "expect", "host", "idempotency-key", "te", "trailer", "transfer-encoding", "upgrade",
}  # fmt: skip
_SECRET = re.compile(
    r"authori[sz]ation|cookie|token|secret|passw|credential|signature|(api|access|auth|subscription)[-_]?key",
    re.IGNORECASE,
)
"""Names of headers and of parameters of a URL whose values are secrets."""


def _url(value: str) -> str:
    scheme, _, after = value.partition("://")
    server, slash, rest = after.partition("/")
    plain = "@" not in server and "#" not in value
    if not plain or scheme not in ("http", "https") or not _is_server(server) or not _REST.fullmatch(slash + rest):
        found = f'"{value[:80]}"' if plain else "a URL with a user or a password (not shown), or with a fragment"
        do = "write the user and the password as user and password, and other characters as %XX"
        raise invalid(found, "http://host:port/path or https://host:port/path", do)
    for parameter, _ in parse_qsl(rest.partition("?")[2], keep_blank_values=True):
        if _SECRET.search(parameter):
            allowed = "token, user and password, or a header with a reference such as ${env:API_KEY}"
            do = "send the secret in a header: a URL appears in plans and logs"
            raise invalid(
                f"a URL with the parameter {parameter[:40]}, whose value may be a secret (not shown)", allowed, do
            )
    return value


def _is_server(text: str) -> bool:
    """Whether Java accepts this host and port. It does not connect to a host with an underscore."""
    match = _SERVER.fullmatch(text)
    if not match or int((match[5] or ":1")[1:]) > 65535:
        return False
    host = match[1].strip("[]")
    if match[1].startswith("[") or host.rpartition(".")[2].isdigit():
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return False
    return True


Url = Annotated[str, AfterValidator(_url)]


def _headers(value: dict[str, str]) -> dict[str, str]:
    for name, content in value.items():
        if not _HEADER.fullmatch(name) or name.lower() in _OWN_HEADERS:
            allowed = f"letters, digits and dashes, without {', '.join(sorted(_OWN_HEADERS))}"
            raise invalid(f'the header "{name[:60]}"', allowed, "leave the header out, or correct its name")
        if not all(" " <= character <= "\xff" and character != "\x7f" for character in content):
            raise invalid(
                f"a character in the header {name} that HTTP does not allow", "characters of Latin-1", "correct it"
            )
        if _SECRET.search(name) and not REFERENCE.fullmatch(content):
            raise invalid(
                f"the header {name} with a secret in the job file itself (not shown here), which would appear in plans and logs",
                f"{name}: ${{env:NAME}}, or token, or user and password",
                "write a reference, which is resolved where the job runs",
            )
    return value


class Endpoint(BatchSink):
    """A sink that sends HTTP requests."""

    url: Url
    """The URL."""

    timeout: PositiveDuration = timedelta(seconds=30)
    """How long to wait for an answer before the request is sent again."""

    headers: Annotated[dict[str, Name], AfterValidator(_headers)] = {}
    """More headers of each request. A value may be a reference to a secret, such as `${env:API_KEY}`."""

    token: Secret | None = None
    """A reference to a bearer token, for the header `Authorization`."""

    user: Name | None = None
    """The user for basic authentication, or a reference to it."""

    password: Secret | None = None
    """A reference to the password for basic authentication."""

    tls: TrustedCa | None = None
    """How to verify the server of an https URL."""

    @model_validator(mode="after")
    def _login(self) -> Endpoint:
        if bool(self.user) != bool(self.password):
            raise invalid("only one of user and password", "both, or neither", "set both for basic authentication")
        if self.token and self.user:
            raise invalid("token beside user and password", "one of them", "remove one of the two ways to log in")
        if (self.token or self.user) and any(name.lower() == "authorization" for name in self.headers):
            raise invalid(
                "the header Authorization beside a login", "one of them", "remove one of the two ways to log in"
            )
        if self.tls and not self.url.startswith("https:"):
            raise invalid("tls with an http URL", "an https URL", "write https, or remove tls")
        return self

    @property
    def references(self) -> tuple[str, ...]:
        values = (self.token, self.user, self.password, *self.headers.values())
        return tuple(one for one in values if one and one.startswith("${"))

    @property
    def notes(self) -> tuple[str, ...]:
        host = urlsplit(self.url).hostname or ""
        secret = self.url.startswith("http:") and self.references
        if secret and host not in ("localhost", "127.0.0.1", "::1"):
            return (f"the requests to {host} are not encrypted, and carry a secret: use https",)
        return ()

    @property
    def ca(self) -> str | None:
        """Return the file with the CA certificates to trust."""
        return self.tls.ca if self.tls else None

    def request_options(self) -> dict[str, str]:
        """Return the options that `HttpRequests.java` reads."""
        login = {"token": self.token, "user": self.user, "password": self.password}
        return {
            "timeout": f"{millis(self.timeout)} ms",
            **({"ca": self.ca} if self.ca else {}),
            **{f"headers.{name}": value for name, value in self.headers.items()},
            **{f"login.{name}": value for name, value in login.items() if value},
        }
