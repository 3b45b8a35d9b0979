"""An index of OpenSearch or Elasticsearch as a sink."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator

from penstock.connectors.base.capabilities import Capabilities
from penstock.connectors.config.columns import ColumnNames, Columns
from penstock.connectors.config.invalid import invalid
from penstock.connectors.http.endpoint import Endpoint, Url
from penstock.connectors.opensearch.index import compare

if TYPE_CHECKING:
    from penstock.connectors.base.finding import Finding

_INDEX = re.compile(r"[a-z0-9][a-z0-9._-]{0,199}", re.ASCII)


def _index(value: str) -> str:
    if not _INDEX.fullmatch(value):
        allowed = "lower-case letters, digits, . _ and -, at most 200, beginning with a letter or a digit"
        raise invalid(f'"{value[:60]}", which is not a valid name of an index', allowed, "correct the name")
    return value


def _base(value: str) -> str:
    if urlsplit(value).query:
        raise invalid(
            "a URL with a query", "https://host:port", "remove the query: the sink adds the path of the index"
        )
    return value.rstrip("/")


class OpensearchSink(Endpoint):
    """Write rows as documents into an index of OpenSearch or Elasticsearch, each batch in one bulk request.

    Guarantee: with `key`, each row replaces the document with the same key, so that the index holds each row once although rows are
    written again after a failure. Without `key`, documents are added at least once.
    """

    capabilities: ClassVar[Capabilities] = Capabilities(upsert=True, needs_key=True, jars=("penstock-http",))
    example: ClassVar[str] = """\
url: ${OPENSEARCH:http://localhost:9200}
index: NAME_output
create: true
"""

    url: Annotated[Url, AfterValidator(_base)]
    """The server: `https://host:port`."""

    index: Annotated[str, AfterValidator(_index)]
    """The index, or an alias with one index to write to."""

    key: ColumnNames | None = None
    """The columns by which a row replaces an earlier one. The id of the document is the value of the column, or a JSON array of the values
    of several columns. For upsert rows it is required, and names the key columns of the rows."""

    create: bool = False
    """Create the index if it does not exist, with a mapping from the columns. Without it a missing index is an error before the job
    starts."""

    def written_key(self) -> tuple[str, ...]:
        return tuple(self.key or ())

    def check(self, rows: Columns) -> None:
        super().check(rows)
        self.check_key(self.key or [], rows)

    def compare(self, rows: Columns, prepare: bool = False) -> Iterator[Finding]:
        yield from compare(self, self.index, rows, self.create, prepare)

    def options(self, rows: Columns) -> Mapping[str, str]:
        return {"connector": "penstock-opensearch", "url": self.url, "index": self.index, **self.request_options()}
