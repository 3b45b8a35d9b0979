"""Ask a database with the driver and the options with which the job connects; see `java/penstock/jdbc/Ask.java`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from penstock.connectors.config.problems import RunError
from penstock.connectors.config.secrets import resolved
from penstock.connectors.runtime.asking import ask

Rows = list[list[str | None]]


class DatabaseError(RunError):
    """The database answered with an error. `state` is its SQLSTATE; empty if none was sent."""

    def __init__(self, head: str, message: str, state: str) -> None:
        connecting = not state or state[:2] in ("08", "28", "3D")
        super().__init__(
            head, message, do="start the server, or correct url, user, password and tls" if connecting else ""
        )
        self.state = state


@dataclass(frozen=True)
class Statement:
    """SQL with a `?` for each parameter, and the parameters, which are texts."""

    sql: str
    parameters: Sequence[str] = ()
    may_fail: bool = False
    """If it fails, its only row has the number and the message of the error, and the next statement runs."""


@dataclass(frozen=True)
class Server:
    """A database: the driver's class, the names of the jars, the JDBC URL, and the driver's properties."""

    driver: str
    jars: tuple[str, ...]
    url: str
    properties: Mapping[str, str]

    def ask(self, *statements: Statement) -> list[Rows]:
        """Run the statements on one connection; the rows of each, as texts.

        Raises DatabaseError if the database rejects one or does not answer, and NotHere if a secret is not on this machine.
        """
        for value in self.properties.values():
            resolved(value)
        request = {
            "driver": self.driver, "url": self.url, "properties": dict(self.properties),
            "statements": [asdict(statement) for statement in statements],
        }  # fmt: skip
        head = f"{self.url.removeprefix('jdbc:').replace('mariadb:', 'mysql:')} cannot be used"
        answer = ask("penstock.jdbc.Ask", self.jars, request, head)
        if "error" in answer:
            raise DatabaseError(head, str(answer["error"]), answer.get("state") or "")
        rows: list[Rows] = answer["rows"]
        return rows
