"""Which columns become the value, the key, the headers, the timestamp and the topic of the records that a Kafka sink writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from penstock.connectors.config.columns import Columns
from penstock.connectors.config.problems import Problem
from penstock.connectors.config.types import TEXTS, Type
from penstock.connectors.formats import options as formats
from penstock.connectors.formats import supported_types

if TYPE_CHECKING:
    from pyflink.table import Schema, Table
    from pyflink.table.expression import Expression

_KEY = "penstock_key_"
"""Prefix of the key's columns in a table whose key and value have different columns. Flink removes it where it encodes the key."""

_SHOWN = 100
"""How many characters of a wrong topic an error shows."""

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

    topic: str | None = None
    """The column with the name of the topic. None: all records go to one topic."""

    topics: Sequence[str] = ()
    """The topics that the column may name."""

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
        if self.apart and not self.text_key:
            try:
                supported_types.check_rows("json", {name: self.rows[name] for name in self.key})
            except Problem as problem:
                raise Problem(("key",), problem.found, problem.allowed, "name other columns") from None
        for header, name in (self.headers or {}).items():
            self.rows.need(name, "headers", header, among=(*TEXTS, "bytes"), what="text or bytes")
        if self.topic:
            self.rows.need(self.topic, "topic", "column", among=TEXTS, what="text")
            if self.rows.changelog and self.topic not in self.rows.key:
                found = f'"{self.topic}", which is not in the key [{", ".join(self.rows.key)}] of the upsert rows'
                do = "write to one topic, or add the column to the key: a row that changed its topic would stay in the old one"
                raise Problem(("topic", "column"), found, ", ".join(self.rows.key), do)
        if self.timestamp:
            self.rows.need(self.timestamp, "timestamp", among=("timestamp_ltz",), what="timestamp")

    def check_rejected(self) -> None:
        """Check that there are rows that cannot be a record, and that they can become dead letters. Raises Problem."""
        if not (self.topic or self.timestamp):
            found = "dead_letter, and this sink rejects no rows"
            raise Problem(
                ("on_error",), found, "dead_letter with timestamp, or with a column of topic", "remove on_error"
            )
        if self.rows.changelog:
            do = "remove on_error: such a row then fails the job"
            raise Problem(("on_error",), "dead_letter for upsert rows", "fail, or append-only rows", do)

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
        from pyflink.table.expressions import col, concat, if_then_else, lit, to_timestamp_ltz

        found: list[tuple[Expression, Expression]] = []
        if self.topic:
            topic, allowed = _text(self.topic), f"and not one of {', '.join(self.topics)}"
            named = concat(f'{self.topic} is "', topic.substring(1, _SHOWN), f'", {allowed}')
            error = if_then_else(topic.is_null, _constant(f"{self.topic} is NULL, {allowed}"), named)
            found.append((topic.in_(*map(lit, self.topics)).is_not_true, error))
        if self.timestamp:
            early = col(self.timestamp) < to_timestamp_ltz(0, 3)
            found.append((early.is_true, _constant(f"{self.timestamp} is before 1970")))
        if len(found) < 2:
            return found[0] if found else None
        (first, first_error), (second, second_error) = found
        return first | second, if_then_else(first, first_error, second_error)

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
        kinds = {"topic": "STRING", "headers": "MAP<STRING, BYTES>", "timestamp": "TIMESTAMP_LTZ(3)"}
        return {name: kind for name, kind in kinds.items() if getattr(self, name)}

    def _expression(self, name: str) -> Expression:
        from pyflink.table import DataTypes
        from pyflink.table.expressions import coalesce, col, map_

        if name == "topic":  # the error for NULL shows this text, which no topic can have as its name
            return coalesce(_text(str(self.topic)), _constant("NULL (no topic)")).alias(f"{_RECORD}{name}")
        if name == "timestamp":
            return col(self.timestamp).cast(DataTypes.TIMESTAMP_LTZ(3)).alias(f"{_RECORD}{name}")
        text, data = DataTypes.STRING(), DataTypes.BYTES()
        pairs = [
            part
            for header, column in (self.headers or {}).items()
            for part in (_constant(header), col(column).cast(data))
        ]
        return map_(*pairs).cast(DataTypes.MAP(text, data)).alias(f"{_RECORD}{name}")


def _text(column: str) -> Expression:
    from pyflink.table import DataTypes
    from pyflink.table.expressions import col

    return col(column).cast(DataTypes.STRING())


def _constant(text: str) -> Expression:
    """A literal without a length: Flink would fill texts up to the longest one."""
    from pyflink.table import DataTypes
    from pyflink.table.expressions import lit

    return lit(text).cast(DataTypes.STRING())
