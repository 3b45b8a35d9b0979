"""The columns of a dead letter, which are the same for every reason and every sink."""

from __future__ import annotations

import csv
import hashlib
import json
import sys
from base64 import b64decode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from penstock.connectors.config.columns import Columns
from penstock.connectors.config.problems import RunError
from penstock.connectors.config.texts import shortened
from penstock.connectors.config.types import Type, parse
from penstock.connectors.formats import times

_SHOWN = 60

DEAD_LETTER = Columns(
    {
        name: parse(kind)
        for name, kind in {
            "reason": "string",
            "error": "string",
            "source": "string",
            "partition": "int",
            "offset": "bigint",
            "timestamp": "timestamp_ltz(3)",
            "headers": "string",
            "key": "bytes",
            "raw": "bytes",
            "row": "string",
            "job": "string",
            "version": "string",
            "step": "string",
            "at": "timestamp_ltz(3)",
        }.items()
    }
)
"""The columns of a dead letter, in order.

`reason` is one word for programs, `error` a sentence for people. `source` (topic or file), `partition`, `offset`, `timestamp`, `headers`
(a JSON object with base64 values), `key` and `raw` (the record's value, unchanged) are the origin. `row` is the rejected row of a step as
a JSON object. `job`, `version` and `step` name what rejected the row, `at` when. A column that a source cannot fill is NULL, and so is the
whole origin after a step that combines rows, such as an aggregation.
"""

ORIGIN: dict[str, Type] = {
    f"penstock_{name}": parse("map<string, bytes>") if name == "headers" else DEAD_LETTER[name]
    for name in ("source", "partition", "offset", "timestamp", "headers", "key", "raw")
}
"""Columns that carry a row's origin through the steps, in addition to the job's columns."""

FAILURE: dict[str, Type] = {"penstock_reason": Type("string"), "penstock_error": Type("string")}
"""Columns in which the guarded format reports why a record is undecodable."""


@dataclass(frozen=True)
class DeadLetter:
    """One dead letter in a dead letter queue."""

    place: str
    """Its unique position in the dead letter queue: `topic/partition/offset`, or `file:row`."""

    columns: dict[str, Any]
    """The columns of `DEAD_LETTER` as JSON values."""

    @property
    def raw(self) -> bytes | None:
        """The record's value, unchanged. None for a tombstone, or if the record is not known."""
        return self._bytes("raw")

    @property
    def key(self) -> bytes | None:
        """The record's key. None if it has none, or if the record is not known."""
        return self._bytes("key")

    @property
    def headers(self) -> list[tuple[str, bytes]]:
        """The record's headers as pairs of name and value."""
        try:
            return [
                (name, _decoded(value) or b"") for name, value in json.loads(self.columns["headers"] or "{}").items()
            ]
        except (AttributeError, TypeError, ValueError):
            raise self._invalid("headers", "a JSON object of base64 texts") from None

    @property
    def record(self) -> bytes | str:
        """Identifies the record. Dead letters have the same record if several rows of it were rejected, or one row was written twice.

        The bytes are a part of it, because the offsets of a topic that was deleted and created again start again at 0.
        """
        if self.columns["offset"] is None:
            return self.place
        parts = [self.columns[name] for name in ("source", "partition", "offset", "key", "raw")]
        return hashlib.blake2b(json.dumps(parts).encode(), digest_size=16).digest()

    @property
    def can_be_sent(self) -> bool:
        """Whether the dead letter holds a record that can be sent back.

        It does not after a step that combines rows. A tombstone without a key cannot be sent: kafka-python rejects it.
        """
        return self.raw is not None or (self.columns["reason"] == "tombstone" and self.key is not None)

    @property
    def at(self) -> datetime:
        """When the row was rejected."""
        try:
            return times.instant(str(self.columns["at"]))
        except times.TimeProblem:
            raise self._invalid("at", "a time such as 2026-01-31T12:00:00Z") from None

    @classmethod
    def of(cls, place: str, columns: dict[str, Any]) -> DeadLetter:
        """Create a dead letter from its columns. Raises RunError if a column is missing."""
        missing = [name for name in DEAD_LETTER.types if name not in columns]
        if missing:
            found = ", ".join(columns)[:200] or "no columns"
            raise _foreign(place, missing[0], "missing", found, ", ".join(DEAD_LETTER.types))
        return cls(place, columns)

    def _bytes(self, name: str) -> bytes | None:
        try:
            return _decoded(self.columns[name])
        except (TypeError, ValueError):
            raise self._invalid(name, "a base64 text") from None

    def _invalid(self, name: str, allowed: str) -> RunError:
        return _foreign(self.place, name, "not valid", shortened(str(self.columns[name]), _SHOWN), allowed)


def _foreign(place: str, column: str, what: str, found: str, allowed: str) -> RunError:
    """The error for something in a dead letter queue that is not a dead letter."""
    return RunError(
        f'dlq: {place} is not a dead letter: the column "{column}" is {what}',
        found=found,
        allowed=allowed,
        do="check that nothing else writes to this dead letter queue",
    )


def of_json(text: str | bytes) -> dict[str, Any]:
    """Read the columns of a dead letter from JSON; empty if the text is not a JSON object."""
    try:
        found = json.loads(text)
    except ValueError:  # of JSON, or of UTF-8
        return {}
    return found if isinstance(found, dict) else {}


def of_csv(cells: list[str]) -> dict[str, Any]:
    """Read the columns of a dead letter from the cells of a CSV row; empty if `partition` or `offset` is not a number."""
    row: dict[str, Any] = {name: cell or None for name, cell in zip(DEAD_LETTER.types, cells, strict=False)}
    try:
        return {name: int(cell) if cell and name in ("partition", "offset") else cell for name, cell in row.items()}
    except ValueError:
        return {}


def csv_rows(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Read the columns of the dead letters in the lines of a CSV file; empty for a row that is not CSV."""
    csv.field_size_limit(sys.maxsize)  # the default rejects a cell of 128 KiB, and a cell holds a whole record
    cells = csv.reader(lines)
    while True:
        try:
            yield of_csv(next(cells))
        except StopIteration:
            return
        except csv.Error:
            yield {}


def of_record(value: bytes | None, style: str) -> dict[str, Any]:
    """Read the columns of a dead letter from a record in the format `style`, `json` or `csv`; empty for a record of something else."""
    if value is None:
        return {}
    return next(csv_rows([value.decode("utf-8", errors="replace")]), {}) if style == "csv" else of_json(value)


def _decoded(value: str | None) -> bytes | None:
    return None if value is None else b64decode(value, validate=True)
