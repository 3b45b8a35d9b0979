"""A table of PostgreSQL as a sink."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import AfterValidator

from penstock.connectors.base.capabilities import Capabilities
from penstock.connectors.jdbc.postgres_dialect import POSTGRES
from penstock.connectors.jdbc.sink import JdbcSink, checked_table, checked_url
from penstock.connectors.jdbc.table import Dialect


class PostgresSink(JdbcSink):
    """Write rows into a table of PostgreSQL, each batch in one transaction.

    Guarantee: with `key`, each row replaces the one with the same key, so that the table holds each row once although rows are written
    again after a failure. Without `key`, rows are added at least once.
    """

    capabilities: ClassVar[Capabilities] = Capabilities(upsert=True, needs_key=True, jars=("penstock-jdbc", "postgres"))
    dialect: ClassVar[Dialect] = POSTGRES
    example: ClassVar[str] = """\
url: ${POSTGRES:postgresql://localhost:5432/postgres}
table: NAME_output
user: penstock
password: ${env:POSTGRES_PASSWORD}
create: true
"""

    url: Annotated[str, AfterValidator(lambda value: checked_url(value, "postgresql"))]
    """The server and the database: `postgresql://host:port/database`. Several hosts separated by commas are tried in their order."""

    table: Annotated[str, AfterValidator(lambda value: checked_table(value, "schema"))]
    """The table, `table` or `schema.table`, without quotes. Upper and lower case matter."""

    def connection(self) -> dict[str, str]:
        found = {
            "ApplicationName": "penstock", "connectTimeout": "10", "loginTimeout": "10", "reWriteBatchedInserts": "true",
            "socketTimeout": "60", "stringtype": "unspecified", "tcpKeepAlive": "true",
        }  # fmt: skip
        if not self.tls:
            return found | {"sslmode": "disable"}
        trusted = {"sslrootcert": self.ca} if self.ca else {"sslfactory": "org.postgresql.ssl.DefaultJavaSSLFactory"}
        return found | {"sslmode": "verify-full", **trusted}
