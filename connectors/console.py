"""The sink that prints rows: JSON Lines on standard output, or a table with `--format table`."""

from __future__ import annotations

from typing import Any, ClassVar

from penstock.connectors.base.capabilities import Capabilities
from penstock.connectors.base.sink import Sink
from penstock.connectors.config.columns import Columns
from penstock.connectors.formats import options as formats


class ConsoleSink(Sink):
    """Print each row as one line of JSON, in the same encoding as the sinks for Kafka and files.

    In a local run the command prints the lines; on a cluster they are in the TaskManager's `.out` file. Upsert rows: a local run prints
    the new row of each key, and reports deletions on standard error; in the `.out` file each line begins with `+`, or with `-` for a
    deletion.

    Guarantee: at least once. After a restart, lines may be repeated.
    """

    capabilities: ClassVar[Capabilities] = Capabilities(upsert=True, prints=True, jars=("penstock",))
    example: ClassVar[str] = "{}"

    def descriptor(self, schema: Any, rows: Columns, name: str) -> Any:
        from pyflink.table import TableDescriptor

        builder = TableDescriptor.for_connector("penstock-console").schema(schema)
        for key, value in {"changelog": str(rows.changelog).lower(), **formats.encoding("json")}.items():
            builder.option(key, value)
        return builder.build()
