"""Sources that decode records: what becomes of one that cannot be decoded."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Literal

from penstock.connectors.base.columns import Column
from penstock.connectors.base.problems import Problem, nearest
from penstock.connectors.base.source import Source
from penstock.connectors.base.types import Type
from penstock.connectors.dead_letter.schema import FAILURE, ORIGIN
from penstock.connectors.formats import options as formats
from penstock.connectors.formats import time_reading
from penstock.connectors.formats.time_reading import TimeReading


class DecodingSource(Source):
    """A source whose records are bytes."""

    origin_metadata: ClassVar[Mapping[str, str]] = {}
    """Which of the origin's columns the connector gives, and its own name for each."""

    on_error: Literal["fail", "dead_letter"] = "fail"
    """What happens to a record that cannot be decoded, is empty or a tombstone, or has a NULL in the event-time column or in a column
    that says `not null`: the job fails, or the record becomes a dead letter with its bytes as they were."""

    times: dict[Column, TimeReading] = {}
    """How the times of a column are read, in JSON and CSV: `iso` (ISO 8601, the default); a number since 1970 in `epoch_s`,
    `epoch_ms`, `epoch_us` or `epoch_ns`; or the time zone of texts that name none, such as `UTC` or `Europe/Berlin`."""

    @property
    def refuses(self) -> tuple[str, ...]:
        """The reasons for which records may become dead letters."""
        return ("decode", "null_value", "tombstone", "empty", "key") if self.on_error == "dead_letter" else ()

    def own_columns(self, origin: bool) -> dict[str, Type]:
        """Columns that the guarded format makes: the record's bytes, and what is wrong with it."""
        kept = {name: ORIGIN[name] for name in ("penstock_raw",) if origin}
        return {**kept, **(FAILURE if self.refuses else {})}

    def physical(self, origin: bool) -> dict[str, Type]:
        """A bad record is a row of NULLs until it is sorted out."""
        columns = {name: kind.optional() for name, kind in super().physical(origin).items()}
        return {**columns, **self.own_columns(origin)}

    def metadata(self, origin: bool = False) -> dict[str, tuple[Type, str]]:
        return {name: (ORIGIN[name], key) for name, key in self.origin_metadata.items() if origin}

    def required(self) -> list[str]:
        """Columns in which a NULL is an error."""
        timed = [self.event_time.column] if self.event_time else []
        return [name for name, kind in self.columns.items() if not kind.nullable or name in timed]

    @abstractmethod
    def decoded(self) -> dict[str, tuple[Type, str]]:
        """The type of each column of a record, and the format that decodes it."""

    def check(self) -> None:
        columns = self.decoded()
        for column, reading in self.times.items():
            path = ("times", column)
            if column not in columns:
                do = nearest(column, columns) or "name a column of the record"
                raise Problem(path, f'"{column}", which is no column here', ", ".join(columns), do, at_key=True)
            kind, name = columns[column]
            if name not in formats.TEXTS:
                do = "leave it out: this format has times of its own"
                raise Problem(path, f'"{column}" of format {name}', "columns of json and csv", do, at_key=True)
            time_reading.check(kind, reading, *path)

    def guarded(self, name: str, required: Iterable[str] = (), identifier: str = "guarded") -> dict[str, Any]:
        """The options of the guarded format around the format `name`."""
        return {
            f"{identifier}.format": name,
            f"{identifier}.with": formats.properties(name),
            f"{identifier}.required": ",".join(required),
            f"{identifier}.not-null": ",".join(n for n, kind in self.columns.items() if not kind.nullable)
            if name == "avro"
            else "",
            f"{identifier}.times": ",".join(f"{column}={reading}" for column, reading in self.times.items()),
            f"{identifier}.fail": str(not self.refuses).lower(),
        }
