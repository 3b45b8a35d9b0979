"""The base class of sinks that write into a table of a database."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar

from penstock.connectors.base.batch_sink import BatchSink
from penstock.connectors.config.columns import ColumnNames, Columns
from penstock.connectors.config.invalid import invalid
from penstock.connectors.config.secrets import Name, Secret
from penstock.connectors.config.servers import Tls, parts_of
from penstock.connectors.jdbc import table
from penstock.connectors.jdbc.server import Server

if TYPE_CHECKING:
    from penstock.connectors.base.finding import Finding

_HOST = re.compile(r"([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:]+\])(:\d{1,5})?")


def checked_url(value: str, scheme: str) -> str:
    """Return the URL `scheme://host:port/database`, which has no user, password or options. Several hosts may be separated by commas."""
    written, hosts, database = parts_of(value)
    plain = "@" not in "".join(hosts) and not re.search(r"[?#]", value)
    if plain and written.lower() == scheme and database and all(map(_is_host, hosts)):
        return value
    found = (
        f'"{value[:80]}"' if plain else "a URL with a user, a password or options (not shown: it may contain a secret)"
    )
    raise invalid(
        found, f"{scheme}://host:port/database", "write the user and the password as user and password, and TLS as tls"
    )


def _is_host(text: str) -> bool:
    match = _HOST.fullmatch(text)
    return bool(match and int((match[2] or ":1")[1:]) <= 65535)


def checked_table(value: str, outer: str) -> str:
    """Return the name of a table, alone or in its `outer` (a schema or a database)."""
    parts = value.split(".")
    if not (1 <= len(parts) <= 2 and all(re.fullmatch(r"[^\s;'\"`][^;'\"`]{0,62}(?<!\s)", part) for part in parts)):
        raise invalid(f'"{value[:80]}"', f"table or {outer}.table", "write the name without quotes")
    return value


class JdbcSink(BatchSink):
    """A sink that writes each batch in one transaction."""

    dialect: ClassVar[table.Dialect]
    """What differs between databases."""

    url: str
    """The server and the database."""

    table: str
    """The table, without quotes."""

    key: ColumnNames | None = None
    """The columns by which a row replaces an earlier one: the table's primary key, or those of a unique index. For upsert rows it is
    required, and names the key columns of the rows."""

    user: Name | None = None
    """The database user, or a reference to it. By default the user that runs the job."""

    password: Secret | None = None
    """A reference to the password, such as `${env:DATABASE_PASSWORD}`."""

    tls: bool | Tls = False
    """Connect with TLS: `true`, or a mapping with `ca`."""

    create: bool = False
    """Create the table if it does not exist, from the columns and with `key` as its primary key. Without it a missing table is an error
    before the job starts."""

    @abstractmethod
    def connection(self) -> dict[str, str]:
        """Return the properties of the driver, except for the user and the password."""

    @property
    def references(self) -> tuple[str, ...]:
        return tuple(one for one in (self.user, self.password) if one and one.startswith("${"))

    @property
    def ca(self) -> str | None:
        """Return the file with the CA certificates to trust."""
        return self.tls.ca if isinstance(self.tls, Tls) else None

    def written_key(self) -> tuple[str, ...]:
        return tuple(self.key or ())

    def check(self, rows: Columns) -> None:
        self.check_key(self.key or [], rows)

    @property
    def server(self) -> Server:
        """Return the database. Secrets are references."""
        login = {name: value for name, value in (("user", self.user), ("password", self.password)) if value}
        url = self.dialect.jdbc_url(self.url)
        return Server(self.dialect.driver, self.capabilities.jars, url, {**self.connection(), **login})

    def compare(self, rows: Columns, prepare: bool = False) -> Iterator[Finding]:
        return table.compare(
            self.server, self.dialect, self.table.split("."), rows, self.key or [], self.create, prepare
        )

    def options(self, rows: Columns) -> Mapping[str, str]:
        return {
            "connector": "penstock-jdbc",
            "dialect": self.dialect.name,
            "url": self.server.url,
            "table": self.table.replace(".", ";"),
            **{f"properties.{name}": value for name, value in self.server.properties.items()},
        }
