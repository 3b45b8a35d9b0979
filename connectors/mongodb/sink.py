"""A collection of MongoDB as a sink."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import AfterValidator, model_validator

from penstock.connectors.base.batch_sink import BatchSink
from penstock.connectors.base.capabilities import Capabilities
from penstock.connectors.base.finding import Finding
from penstock.connectors.config.columns import ColumnNames, Columns
from penstock.connectors.config.invalid import invalid
from penstock.connectors.config.problems import Problem
from penstock.connectors.config.secrets import Name, Secret, resolved
from penstock.connectors.config.servers import Tls, is_host, parts_of
from penstock.connectors.runtime.asking import ask

if TYPE_CHECKING:
    from penstock.connectors.config.types import Type

_DATABASE = re.compile(r"[A-Za-z0-9_-]{1,63}", re.ASCII)
_LONGEST_COLLECTION = 200
_MOST_DIGITS = 34
"""Of a decimal in MongoDB."""


def _url(value: str) -> str:
    scheme, hosts, database = parts_of(value)
    plain = "@" not in "".join(hosts) and not re.search(r"[?#]", value)
    if plain and scheme == "mongodb" and _DATABASE.fullmatch(database) and all(map(is_host, hosts)):
        return value
    found = f'"{value[:80]}"' if plain else "a URL with a user, a password or options (not shown)"
    do = "write the user and the password as user and password, and the other options as replica_set and tls"
    raise invalid(found, "mongodb://host:port/database", do)


def _collection(value: str) -> str:
    known = value and "$" not in value and value.isprintable() and not value.startswith("system.")
    if not known or len(value.encode()) > _LONGEST_COLLECTION:
        allowed = (
            f"at most {_LONGEST_COLLECTION} bytes of printable characters without $, which do not begin with system."
        )
        raise invalid(f'"{value[:60]}"', allowed, "correct the name")
    return value


def _replica_set(value: str) -> str:
    if not re.fullmatch(r"[\w.-]+", value, re.ASCII):
        raise invalid(f'"{value[:60]}"', "letters, digits and . _ -", "write the name of the replica set")
    return value


class MongodbSink(BatchSink):
    """Write rows as documents into a collection of MongoDB.

    Guarantee: with `key`, each row replaces the document with the same key, so that the collection holds each row once although rows are
    written again after a failure. Without `key`, documents are added at least once.
    """

    capabilities: ClassVar[Capabilities] = Capabilities(
        upsert=True, needs_key=True, jars=("penstock-mongodb", "mongodb")
    )
    example: ClassVar[str] = """\
url: ${MONGODB:mongodb://localhost:27017/penstock}
collection: NAME_output
create: true
"""

    url: Annotated[str, AfterValidator(_url)]
    """The server and the database: `mongodb://host:port/database`. Several hosts separated by commas are members of one cluster."""

    collection: Annotated[str, AfterValidator(_collection)]
    """The collection."""

    key: ColumnNames | None = None
    """The columns whose values are the `_id` of a document: the value of one column, or a document of those of several columns. For upsert
    rows it is required, and names the key columns of the rows."""

    replica_set: Annotated[str, AfterValidator(_replica_set)] | None = None
    """The name of the replica set. Without it one host is connected to directly, and several hosts are those of a cluster."""

    user: Name | None = None
    """The user, or a reference to it."""

    password: Secret | None = None
    """A reference to the password, such as `${env:MONGODB_PASSWORD}`."""

    login_database: Annotated[str, AfterValidator(_collection)] = "admin"
    """The database in which the user was created."""

    tls: bool | Tls = False
    """Connect with TLS: `true`, or a mapping with `ca`."""

    create: bool = False
    """Create the collection if it does not exist. Without it a missing collection is an error before the job starts."""

    @model_validator(mode="after")
    def _login(self) -> MongodbSink:
        if bool(self.user) != bool(self.password):
            raise invalid("only one of user and password", "both, or neither", "set both")
        return self

    @property
    def references(self) -> tuple[str, ...]:
        return tuple(one for one in (self.user, self.password) if one and one.startswith("${"))

    def written_key(self) -> tuple[str, ...]:
        return tuple(self.key or ())

    def check(self, rows: Columns) -> None:
        self.check_key(self.key or [], rows)
        for name, kind in rows.types.items():
            if name == "_id" and self.key != ["_id"]:
                raise Problem((), "a column named _id", "a key with this column alone", "set key: _id, or rename it")
            self._check_type(name, kind)

    def _check_type(self, name: str, kind: Type) -> None:
        if kind.name == "decimal" and kind.numbers[0] > _MOST_DIGITS:
            found = f"{name}, whose type is {kind}"
            raise Problem((), found, f"decimals of at most {_MOST_DIGITS} digits", "declare fewer digits, or a string")
        for inner in kind.of:
            self._check_type(name, inner)

    def _connection(self) -> dict[str, Any]:
        """Return how to connect, as `MongoServer.java` reads it. Secrets are references."""
        login = {"user": self.user, "password": self.password, "database": self.login_database} if self.user else {}
        return {
            "url": self.url + (f"?replicaSet={self.replica_set}" if self.replica_set else ""),
            "login": login,
            "tls": bool(self.tls),
            "ca": self.tls.ca if isinstance(self.tls, Tls) else None,
        }

    def ask(self, create: bool = False, read: bool = False) -> dict[str, Any]:
        """Ask the server for the collection; see `java/penstock/mongodb/Ask.java`. Raises NotHere, and RunError."""
        for value in self.references:
            resolved(value)
        request = {**self._connection(), "collection": self.collection, "create": create, "read": read}
        return ask("penstock.mongodb.Ask", self.capabilities.jars, request, f"{self.url} cannot be used")

    def compare(self, rows: Columns, prepare: bool = False) -> Iterator[Finding]:
        answer = self.ask(self.create and prepare)
        if "error" in answer:
            do = "start the server, or correct url, user, password, replica_set and tls"
            yield Finding("bad", f"server {self.url}", f"cannot be used: {answer['error']}", do)
            return
        yield Finding("ok", f"server {self.url}", "answers")
        what = f"collection {self.collection}"
        if answer["exists"]:
            yield Finding("ok", what, "exists")
        elif self.create:
            yield Finding("ok", what, "does not exist, and is created when the job starts")
        else:
            yield Finding("bad", what, "does not exist", "create it, set create: true, or correct the name")
        for index in answer.get("unique", ()):
            fields = ", ".join(json.loads(index))
            do = "make sure that no two rows have the same values there, or drop the index"
            yield Finding(
                "warn", what, f"has a unique index of {fields}: a row with values of another one is rejected", do
            )

    def options(self, rows: Columns) -> Mapping[str, str]:
        made = self._connection()
        return {
            "connector": "penstock-mongodb",
            "url": made["url"],
            "collection": self.collection,
            "tls": str(made["tls"]).lower(),
            **({"ca": made["ca"]} if made["ca"] else {}),
            **{f"login.{name}": value for name, value in made["login"].items()},
        }
