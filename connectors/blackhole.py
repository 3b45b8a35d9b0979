"""The sink that drops rows: for benchmarks, and to state in a job file that rejected rows are not kept."""

from __future__ import annotations

from typing import Any, ClassVar

from penstock.connectors.base.capabilities import Capabilities
from penstock.connectors.base.sink import Sink
from penstock.connectors.config.columns import Columns


class BlackholeSink(Sink):
    """Count rows and drop them.

    Guarantee: none. No row is kept.
    """

    capabilities: ClassVar[Capabilities] = Capabilities(upsert=True)
    example: ClassVar[str] = "{}"

    def descriptor(self, schema: Any, rows: Columns, name: str) -> Any:
        from pyflink.table import TableDescriptor

        return TableDescriptor.for_connector("blackhole").schema(schema).build()
