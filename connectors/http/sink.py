"""An HTTP endpoint as a sink."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from penstock.connectors.base.capabilities import Capabilities
from penstock.connectors.config.columns import ColumnNames, Columns
from penstock.connectors.config.invalid import invalid
from penstock.connectors.http.endpoint import Endpoint, Url
from penstock.connectors.http.reachable import reachable

if TYPE_CHECKING:
    from penstock.connectors.base.finding import Finding


class HttpSink(Endpoint):
    """Send rows as JSON to an HTTP endpoint.

    Guarantee: each row is sent at least once. With `key`, each request has the header `Idempotency-Key`, by which the server can
    recognise a row that is sent again.
    """

    capabilities: ClassVar[Capabilities] = Capabilities(jars=("penstock-http",))
    example: ClassVar[str] = """\
url: ${ENDPOINT:http://localhost:8000/NAME}
body: lines
"""

    url: Url
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

    @model_validator(mode="after")
    def _one_row(self) -> HttpSink:
        if self.key and self.body != "row":
            do = "remove key, or set body: row"
            raise invalid(f"key with body: {self.body}, whose requests hold several rows", "key with body: row", do)
        return self

    def check(self, rows: Columns) -> None:
        super().check(rows)
        for index, name in enumerate(self.key or ()):
            rows.need(name, "key", index)

    def compare(self, rows: Columns, prepare: bool = False) -> Iterator[Finding]:
        yield reachable(self.url, self.ca)

    def options(self, rows: Columns) -> Mapping[str, str]:
        return {
            "connector": "penstock-http",
            "url": self.url,
            "method": self.method,
            "body": self.body,
            "concurrency": str(self.concurrency),
            **({"idempotency-key": ";".join(self.key)} if self.key else {}),
            **self.request_options(),
        }
