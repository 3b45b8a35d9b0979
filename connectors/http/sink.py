"""An HTTP endpoint as a sink."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from penstock.connectors.base.batch_sink import BatchSink
from penstock.connectors.base.capabilities import Capabilities
from penstock.connectors.config.columns import ColumnNames, Columns
from penstock.connectors.config.invalid import invalid
from penstock.connectors.config.model import Config
from penstock.connectors.config.quantities import PositiveDuration, millis
from penstock.connectors.config.secrets import REFERENCE, AbsolutePath, Name, Secret
from penstock.connectors.http.reachable import reachable

if TYPE_CHECKING:
    from penstock.connectors.base.finding import Finding

_SERVER = re.compile(r"([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:]+\])(:([1-9]\d{0,4}))?", re.ASCII)
_REST = re.compile(r"(/[\w.~!$&'()*+,;=:@%/-]*)?(\?[\w.~!$&'()*+,;=:@%/?-]*)?", re.ASCII)
_HEADER = re.compile(r"[A-Za-z0-9-]{1,80}", re.ASCII)
_OWN_HEADERS = {"connection", "content-length", "content-type", "expect", "host", "idempotency-key", "upgrade"}
_SECRET_HEADER = re.compile(r"authorization|cookie|token|secret|password|api-?key", re.IGNORECASE)


def _url(value: str) -> str:
    scheme, _, after = value.partition("://")
    server, slash, rest = after.partition("/")
    match = _SERVER.fullmatch(server)
    plain = "@" not in server and "#" not in value
    good = scheme in ("http", "https") and match and int(match[3] or 1) <= 65535 and _REST.fullmatch(slash + rest)
    if not plain or not good:
        found = f'"{value[:80]}"' if plain else "a URL with a user or a password (not shown), or with a fragment"
        do = "write the user and the password as user and password, and other characters as %XX"
        raise invalid(found, "http://host:port/path or https://host:port/path", do)
    return value


def _headers(value: dict[str, str]) -> dict[str, str]:
    for name, content in value.items():
        if not _HEADER.fullmatch(name) or name.lower() in _OWN_HEADERS:
            allowed = f"letters, digits and dashes, and none of {', '.join(sorted(_OWN_HEADERS))}"
            raise invalid(f'the header "{name[:60]}"', allowed, "leave the header out, or correct its name")
        if _SECRET_HEADER.search(name) and not REFERENCE.fullmatch(content):
            raise invalid(
                f"the header {name} with a secret in the job file itself (not shown here), which would appear in plans and logs",
                f"{name}: ${{env:NAME}}, or token, or user and password",
                "write a reference, which is resolved where the job runs",
            )
    return value


class Tls(Config):
    """The TLS connection to the server, whose certificate and host name are always verified."""

    ca: AbsolutePath
    """Absolute path of a PEM file with the CA certificates to trust, instead of those of the Java runtime."""


class HttpSink(BatchSink):
    """Send rows as JSON to an HTTP endpoint.

    Guarantee: each row is sent at least once. With `key`, each request has the header `Idempotency-Key`, by which the server can
    recognise a row that is sent again.
    """

    capabilities: ClassVar[Capabilities] = Capabilities(jars=("penstock-http",))
    example: ClassVar[str] = """\
url: ${ENDPOINT:http://localhost:8000/NAME}
body: lines
"""

    url: Annotated[str, AfterValidator(_url)]
    """The endpoint: `https://host:port/path`. It may have a query."""

    method: Literal["POST", "PUT", "PATCH"] = "POST"
    """The method of the requests."""

    body: Literal["row", "lines", "array"] = "row"
    """What a request contains: one row as a JSON object (`row`), or a batch of rows as a JSON object on each line (`lines`) or as a JSON
    array (`array`)."""

    key: ColumnNames | None = None
    """The columns that identify a row, with `body: row`. The header `Idempotency-Key` is a hash of their values."""

    concurrency: Annotated[int, Field(ge=1, le=256)] = 8
    """The most requests at the same time of each writer, with `body: row`. With more than 1, rows may arrive in another order."""

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

    tls: Tls | None = None
    """How to verify the server of an https URL."""

    @model_validator(mode="after")
    def _together(self) -> HttpSink:
        if bool(self.user) != bool(self.password):
            raise invalid("only one of user and password", "both, or neither", "set both for basic authentication")
        if self.token and self.user:
            raise invalid("token beside user and password", "one of them", "remove one of the two ways to log in")
        if self.key and self.body != "row":
            do = "remove key, or set body: row"
            raise invalid(f"key with body: {self.body}, whose requests hold several rows", "key with body: row", do)
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

    def check(self, rows: Columns) -> None:
        super().check(rows)
        for index, name in enumerate(self.key or ()):
            rows.need(name, "key", index)

    def compare(self, rows: Columns, prepare: bool = False) -> Iterator[Finding]:
        yield reachable(self.url, self.tls.ca if self.tls else None)

    def options(self, rows: Columns) -> Mapping[str, str]:
        login = {"token": self.token, "user": self.user, "password": self.password}
        return {
            "connector": "penstock-http",
            "url": self.url,
            "method": self.method,
            "body": self.body,
            "concurrency": str(self.concurrency),
            "timeout": f"{millis(self.timeout)} ms",
            **({"idempotency-key": ";".join(self.key)} if self.key else {}),
            **({"ca": self.tls.ca} if self.tls else {}),
            **{f"headers.{name}": value for name, value in self.headers.items()},
            **{f"login.{name}": value for name, value in login.items() if value},
        }
