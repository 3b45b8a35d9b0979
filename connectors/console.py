"""The sink that shows rows: JSON Lines on standard output, or a table with `--format table`."""

from __future__ import annotations

from typing import Any, ClassVar

from penstock.connectors.base.capabilities import Capabilities
from penstock.connectors.base.columns import Columns
from penstock.connectors.base.sink import Sink
from penstock.connectors.formats import options as formats


class ConsoleSink(Sink):
    """One row a line, encoded as a JSON topic would hold it.

    In a local run the lines come out of the command; on a cluster they stand in the TaskManager's `.out` file. Where rows
    replace earlier ones, a line is the row that now holds, and a deletion is said on standard error.

    Guarantee: at least once; after a restart lines may come again.
    """

    capabilities: ClassVar[Capabilities] = Capabilities(upsert=True, jars=("penstock",))
    example: ClassVar[str] = "{}"

    def descriptor(self, schema: Any, rows: Columns, name: str) -> Any:
        from pyflink.table import TableDescriptor

        builder = TableDescriptor.for_connector("penstock-console").schema(schema).option("format", "json")
        for key, value in {"changelog": str(rows.changelog).lower(), **formats.options("json")}.items():
            builder.option(key, value)
        return builder.build()
