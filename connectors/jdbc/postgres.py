"""A table of PostgreSQL as a sink."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator

from penstock.connectors.base.batch_sink import BatchSink
from penstock.connectors.base.capabilities import Capabilities
from penstock.connectors.config.columns import ColumnNames, Columns
from penstock.connectors.config.invalid import invalid
from penstock.connectors.config.model import Config
from penstock.connectors.config.secrets import AbsolutePath, Name, Secret
from penstock.connectors.jdbc import postgres_table
from penstock.connectors.jdbc.server import Server

if TYPE_CHECKING:
    from penstock.connectors.base.finding import Finding

_HOST = re.compile(r"([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:]+\])(:\d{1,5})?")
_CONNECT = {"connectTimeout": "10", "loginTimeout": "10", "socketTimeout": "60", "tcpKeepAlive": "true"}


def _url(value: str) -> str:
    parts = urlsplit(value)
    database = parts.path.removeprefix("/")
    plain = not (parts.query or parts.fragment or "@" in parts.netloc)
    hosts = parts.netloc.split(",") if plain else []
    if parts.scheme == "postgresql" and database and hosts and all(_HOST.fullmatch(host) for host in hosts):
        return value
    found = (
        f'"{value[:80]}"' if plain else "a URL with a user, a password or options (not shown: it may contain a secret)"
    )
    raise invalid(
        found, "postgresql://host:port/database", "write the user and the password as user and password, and TLS as tls"
    )


def _table(value: str) -> str:
    parts = value.split(".")
    if not (1 <= len(parts) <= 2 and all(part and part == part.strip() and len(part) <= 63 for part in parts)):
        raise invalid(f'"{value[:80]}"', "table or schema.table", "write the name without quotes")
    return value


class Tls(Config):
    """The TLS connection to the server, whose certificate and host name are verified."""

    ca: AbsolutePath | None = None
    """Absolute path of a PEM file with the CA certificates to trust. Without it those of the Java runtime are trusted."""


class PostgresSink(BatchSink):
    """Write rows into a table of PostgreSQL, each batch in one transaction.

    Guarantee: with `key`, each row replaces the one with the same key, so that the table holds each row once although rows are written
    again after a failure. Without `key`, rows are added at least once.
    """

    capabilities: ClassVar[Capabilities] = Capabilities(upsert=True, needs_key=True, jars=("penstock-jdbc", "postgres"))
    example: ClassVar[str] = """\
url: ${POSTGRES:postgresql://localhost:5432/postgres}
table: NAME_output
user: penstock
password: ${env:POSTGRES_PASSWORD}
create: true
"""

    url: Annotated[str, AfterValidator(_url)]
    """The server and the database: `postgresql://host:port/database`. Several hosts separated by commas are tried in their order."""

    table: Annotated[str, AfterValidator(_table)]
    """The table, `table` or `schema.table`, without quotes. Upper and lower case matter."""

    key: ColumnNames | None = None
    """The columns by which a row replaces an earlier one: the table's primary key, or those of a unique index. For upsert rows it is
    required, and names the key columns of the rows."""

    user: Name | None = None
    """The database user, or a reference to it. By default the user that runs the job."""

    password: Secret | None = None
    """A reference to the password, such as `${env:POSTGRES_PASSWORD}`."""

    tls: bool | Tls = False
    """Connect with TLS: `true`, or a mapping with `ca`."""

    create: bool = False
    """Create the table if it does not exist, from the columns and with `key` as its primary key. Without it a missing table is an error
    before the job starts."""

    @property
    def references(self) -> tuple[str, ...]:
        return tuple(one for one in (self.user, self.password) if one and one.startswith("${"))

    def written_key(self, rows: Columns) -> tuple[str, ...]:
        return tuple(self.key or ())

    def check(self, rows: Columns) -> None:
        self.check_key(self.key or [], rows)

    def properties(self) -> dict[str, str]:
        """Return the properties of the driver. Secrets are references."""
        found = {
            **_CONNECT,
            "ApplicationName": "penstock",
            "reWriteBatchedInserts": "true",
            "stringtype": "unspecified",
        }
        found |= {name: value for name, value in (("user", self.user), ("password", self.password)) if value}
        if not self.tls:
            return found | {"sslmode": "disable"}
        ca = self.tls.ca if isinstance(self.tls, Tls) else None
        trusted = {"sslrootcert": ca} if ca else {"sslfactory": "org.postgresql.ssl.DefaultJavaSSLFactory"}
        return found | {"sslmode": "verify-full", **trusted}

    @property
    def server(self) -> Server:
        """Return the database."""
        return Server("org.postgresql.Driver", self.capabilities.jars, f"jdbc:{self.url}", self.properties())

    def compare(self, rows: Columns, prepare: bool = False) -> Iterator[Finding]:
        return postgres_table.compare(self.server, self.table.split("."), rows, self.key or [], self.create, prepare)

    def options(self, rows: Columns) -> Mapping[str, str]:
        return {
            "connector": "penstock-postgres",
            "url": self.server.url,
            "table": self.table.replace(".", ";"),
            **{f"properties.{name}": value for name, value in self.properties().items()},
        }
