"""The base class of sources that read messages from brokers; see `java/penstock/MessageSource.java`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from penstock.connectors.base.decoding import DecodingSource
from penstock.connectors.config.columns import Columns
from penstock.connectors.config.problems import Problem
from penstock.connectors.config.quantities import millis
from penstock.connectors.config.types import Type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyflink.table import TableDescriptor


class MessageSource(DecodingSource):
    """A source of messages that a broker keeps until they are acknowledged.

    Each source declares the fields `format` and `retry_for` itself, because the reference lists fields in the order of their declarations.
    """

    if TYPE_CHECKING:
        format: str
        retry_for: timedelta

    def needed_jars(self) -> tuple[str, ...]:
        return (*super().needed_jars(), *(("avro",) if self.format == "avro" else ()))

    @property
    def bounded(self) -> bool:
        return False

    def stream(self) -> Columns:
        if self.format == "raw" and len(self.columns) != 1:
            found = f"{len(self.columns)} columns with format: raw"
            raise Problem(("columns",), found, "one column", "keep one column, or set another format")
        return super().stream()

    def decoded(self) -> dict[str, tuple[Type, str]]:
        return {name: (kind, self.format) for name, kind in self.columns.items()}

    def table_of(self, connector: str, schema: Any, options: Mapping[str, str]) -> TableDescriptor:
        """Return the descriptor of a table of this connector, with these options and those of every source of messages."""
        from pyflink.table import TableDescriptor

        builder = TableDescriptor.for_connector(connector).schema(schema)
        common = {"retry-for": f"{millis(self.retry_for)} ms", "format": "guarded"}
        for option, value in {**common, **self.guarded(self.format, self.required()), **options}.items():
            builder.option(option, value)
        return builder.build()
