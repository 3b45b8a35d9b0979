"""A table of MySQL or MariaDB as a sink."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import AfterValidator

from penstock.connectors.base.capabilities import Capabilities
from penstock.connectors.jdbc.mysql_dialect import MYSQL
from penstock.connectors.jdbc.sink import JdbcSink, checked_table, checked_url
from penstock.connectors.jdbc.table import Dialect

_SESSION = (
    "sql_mode='ANSI_QUOTES,STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'", "time_zone='+00:00'",
)  # fmt: skip
"""Names are in double quotes, a value that does not fit is an error instead of being cut, and times are in UTC."""


class MysqlSink(JdbcSink):
    """Write rows into a table of MySQL or MariaDB, each batch in one transaction.

    Guarantee: with `key`, each row replaces the one with the same key, so that the table holds each row once although rows are written
    again after a failure. Without `key`, rows are added at least once.
    """

    capabilities: ClassVar[Capabilities] = Capabilities(upsert=True, needs_key=True, jars=("penstock-jdbc", "mariadb"))
    dialect: ClassVar[Dialect] = MYSQL
    example: ClassVar[str] = """\
url: ${MYSQL:mysql://localhost:3306/penstock}
table: NAME_output
user: penstock
password: ${env:MYSQL_PASSWORD}
create: true
"""

    url: Annotated[str, AfterValidator(lambda value: checked_url(value, "mysql"))]
    """The server and the database: `mysql://host:port/database`. Several hosts separated by commas are tried in their order."""

    table: Annotated[str, AfterValidator(lambda value: checked_table(value, "database"))]
    """The table, `table` or `database.table`, without quotes. Whether upper and lower case matter depends on the server."""

    def connection(self) -> dict[str, str]:
        found = {
            "allowLocalInfile": "false", "connectTimeout": "10000", "sessionVariables": ",".join(_SESSION), "socketTimeout": "60000",
            "useBulkStmts": "true", "useServerPrepStmts": "true",
        }  # fmt: skip
        if not self.tls:
            return found | {"sslMode": "disable"}
        return found | {"sslMode": "verify-full", **({"serverSslCert": self.ca} if self.ca else {})}
