"""The base class of sources that decode records, and the handling of undecodable records."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Literal

from penstock.connectors.base.source import Source
from penstock.connectors.config.columns import Column
from penstock.connectors.config.problems import Problem, nearest
from penstock.connectors.config.types import Type
from penstock.connectors.dead_letter.schema import FAILURE, ORIGIN
from penstock.connectors.formats import options as formats
from penstock.connectors.formats import supported_types, time_reading
from penstock.connectors.formats.time_reading import TimeReading


class DecodingSource(Source):
    """A source that decodes records of bytes with a format."""

    origin_metadata: ClassVar[Mapping[str, str]] = {}
    """Columns of `ORIGIN` that the connector can fill: column name to the connector's metadata key."""

    on_error: Literal["fail", "dead_letter"] = "fail"
    """What to do with an undecodable record: `fail` the job, or route the record to the dead letter queue (`dead_letter`).
    Empty records, tombstones, and records with a NULL in the event-time column or in a `not null` column count as undecodable.
    A dead letter contains the bytes of the record unchanged."""

    times: dict[Column, TimeReading] = {}
    """How the times of a column are read: column name to `iso`, a unit or a time zone. For `timestamp_ltz` columns in JSON or CSV.
    `iso` is the default of every column: ISO 8601 with an offset. `epoch_s`, `epoch_ms`, `epoch_us` and `epoch_ns` read the time since
    1970-01-01 UTC in seconds, milliseconds, microseconds or nanoseconds. A time zone such as `UTC` or `Europe/Berlin` applies to texts
    without an offset."""

    @property
    def rejects(self) -> tuple[str, ...]:
        return ("decode", "null_value", "tombstone", "empty", "key") if self.on_error == "dead_letter" else ()

    def guarded_columns(self, origin: bool) -> dict[str, Type]:
        """Columns that the guarded format adds: the record's bytes, and the reason and error of an undecodable record."""
        kept = {name: ORIGIN[name] for name in ("penstock_raw",) if origin}
        return {**kept, **(FAILURE if self.rejects else {})}

    def physical(self, origin: bool) -> dict[str, Type]:
        # All columns are nullable here: an undecodable record is a row of NULLs until it goes to the dead letter queue.
        columns = {name: kind.optional() for name, kind in super().physical(origin).items()}
        return {**columns, **self.guarded_columns(origin)}

    def metadata(self, origin: bool = False) -> dict[str, tuple[Type, str]]:
        return {name: (ORIGIN[name], key) for name, key in self.origin_metadata.items() if origin}

    def required(self) -> list[str]:
        """Names of the columns in which a NULL makes a record undecodable."""
        timed = [self.event_time.column] if self.event_time else []
        return [name for name, kind in self.columns.items() if not kind.nullable or name in timed]

    @abstractmethod
    def decoded(self) -> dict[str, tuple[Type, str]]:
        """The columns of a record: name to type and the format that decodes it."""

    def check(self) -> None:
        columns = self.decoded()
        supported_types.check_columns({name: columns[name] for name in self.columns}, "columns")
        for column, reading in self.times.items():
            path = ("times", column)
            if column not in columns:
                do = nearest(column, columns) or "name a column of the record"
                raise Problem(path, f'"{column}", which is not a column here', ", ".join(columns), do, at_key=True)
            kind, name = columns[column]
            if name not in formats.TEXTS:
                found, do = (
                    f'"{column}", a column of the format {name}',
                    f"remove it: {name} has its own encoding of times",
                )
                raise Problem(path, found, "columns of the formats json and csv", do, at_key=True)
            time_reading.check(kind, reading, *path)

    def guarded(self, name: str, required: Iterable[str] = (), identifier: str = "guarded") -> dict[str, Any]:
        """Table options of the guarded format (`GuardedFormatFactory.java`) that wraps the format `name`.

        A NULL in one of the columns `required` makes a record undecodable. `identifier` is the prefix of the options.
        """
        return {
            f"{identifier}.format": name,
            f"{identifier}.with": formats.properties(name),
            f"{identifier}.required": ",".join(required),
            f"{identifier}.not-null": ",".join(n for n, kind in self.columns.items() if not kind.nullable)
            if name == "avro"
            else "",
            f"{identifier}.times": ",".join(f"{column}={reading}" for column, reading in self.times.items()),
            f"{identifier}.fail": str(not self.rejects).lower(),
        }
