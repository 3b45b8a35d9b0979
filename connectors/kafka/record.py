"""Which columns become the value, the key, the headers, the timestamp and the topic of the records that a Kafka sink writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from penstock.connectors.config.columns import Columns
from penstock.connectors.config.types import TEXTS, Type
from penstock.connectors.formats import options as formats

if TYPE_CHECKING:
    from pyflink.table import Schema, Table
    from pyflink.table.expression import Expression

_KEY = "penstock_key_"
"""Prefix of the key's columns in a table whose key and value have different columns. Flink removes it where it encodes the key."""

_RECORD = "penstock_record_"
"""Prefix of the columns that become metadata of the record."""


@dataclass(frozen=True)
class RecordColumns:
    """Each part of a record, by the columns of the rows that it is made of."""

    rows: Columns
    """The rows that the sink receives."""

    value: Sequence[str] | None = None
    """The columns of the value. None: all columns."""

    key: Sequence[str] = ()
    """The columns of the key. Empty: no key."""

    headers: Mapping[str, str] | None = None
    """The headers: name to column."""

    timestamp: str | None = None
    """The column with the timestamp of the record. None: the time at which the record is written."""

    @property
    def apart(self) -> bool:
        """Whether the key has columns that the value does not have."""
        return self.value is not None and not set(self.key) <= set(self.value)

    @property
    def table_key(self) -> list[str]:
        """The columns of the key, as the Flink table names them."""
        return [f"{_KEY}{name}" if self.apart else name for name in self.key]

    @property
    def value_types(self) -> dict[str, Type]:
        """The columns of the value, and their types."""
        return {name: self.rows[name] for name in (self.value or self.rows.types)}

    @property
    def text_key(self) -> bool:
        """Whether the key is a plain text, and not a JSON object."""
        return len(self.key) == 1 and self.rows[self.key[0]].is_text

    def check(self) -> None:
        """Check that the columns exist and have types that their part of the record can have. Raises Problem."""
        for index, name in enumerate(self.value or ()):
            self.rows.need(name, "value", index)
        for header, name in (self.headers or {}).items():
            self.rows.need(name, "headers", header, among=(*TEXTS, "bytes"), what="text or bytes")
        if self.timestamp:
            self.rows.need(self.timestamp, "timestamp", among=("timestamp_ltz",), what="timestamp")

    def key_options(self) -> dict[str, str]:
        """The options of the Flink table for the key; empty without a key."""
        if not self.key:
            return {}
        options = formats.encoding("raw" if self.text_key else "json", "key.")
        options["value.fields-include"] = "EXCEPT_KEY" if self.apart else "ALL"
        options |= {"key.fields-prefix": _KEY} if self.apart else {}
        return options if self.rows.changelog else {**options, "key.fields": ";".join(self.table_key)}

    def unwritable(self) -> tuple[Expression, Expression] | None:
        """Return the condition for rows that cannot be a record, and the error text, as expressions. None if every row can be one."""
        from pyflink.table.expressions import col, lit, to_timestamp_ltz

        if not self.timestamp:
            return None
        return col(self.timestamp) < to_timestamp_ltz(0, 3), lit(f"{self.timestamp} is before 1970")

    def table_rows(self) -> Columns:
        """The columns of the Flink table, without the metadata."""
        key = dict(zip(self.table_key, (self.rows[name] for name in self.key), strict=True)) if self.apart else {}
        return replace(
            self.rows, types={**self.value_types, **key}, key=tuple(self.table_key) if self.rows.changelog else ()
        )

    def add_metadata(self, schema: Schema.Builder) -> Schema.Builder:
        """Add the metadata of the record to the schema of the Flink table."""
        for name, kind in self._metadata().items():
            schema.column_by_metadata(f"{_RECORD}{name}", kind, name)
        return schema

    def select(self, table: Table) -> Table:
        """Return these rows with the columns of the Flink table. A table that needs no other columns is not changed."""
        from pyflink.table.expressions import col

        if self.value is None and not self._metadata():
            return table
        value = [col(name) for name in self.value_types]
        key = [col(name).alias(f"{_KEY}{name}") for name in self.key] if self.apart else []
        return table.select(*value, *key, *(self._expression(name) for name in self._metadata()))

    def _metadata(self) -> dict[str, str]:
        """Flink's names of the metadata to write, and their SQL types."""
        kinds = {"headers": "MAP<STRING, BYTES>"} if self.headers else {}
        return {**kinds, **({"timestamp": "TIMESTAMP_LTZ(3)"} if self.timestamp else {})}

    def _expression(self, name: str) -> Expression:
        from pyflink.table import DataTypes
        from pyflink.table.expressions import col, lit, map_

        if name == "timestamp":
            return col(self.timestamp).cast(DataTypes.TIMESTAMP_LTZ(3)).alias(f"{_RECORD}{name}")
        text, data = DataTypes.STRING(), DataTypes.BYTES()
        pairs = [
            part
            for header, column in (self.headers or {}).items()
            for part in (lit(header).cast(text), col(column).cast(data))
        ]
        return map_(*pairs).cast(DataTypes.MAP(text, data)).alias(f"{_RECORD}{name}")
