"""The contract of a dead letter: the same columns for every reason and every sink."""

from __future__ import annotations

import csv
import json
from base64 import b64decode
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from penstock.connectors.base.columns import Columns
from penstock.connectors.base.problems import RunError
from penstock.connectors.base.types import Type, parse
from penstock.connectors.formats import times

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
"""Why (`reason` for machines, `error` for people); the topic or file, partition, offset and timestamp, the headers as a JSON
object of base64, key and value as the bytes that were read; the row that a step rejected, as a JSON object; which job, its
version and its step, and when. What a source does not have is NULL; so is all of the origin after a step that puts rows together."""

ORIGIN: dict[str, Type] = {
    f"penstock_{name}": parse("map<string, bytes>") if name == "headers" else DEAD_LETTER[name]
    for name in ("source", "partition", "offset", "timestamp", "headers", "key", "raw")
}
"""The columns that carry a row's origin through the steps, beside the job's own."""

FAILURE: dict[str, Type] = {"penstock_reason": Type("string"), "penstock_error": Type("string")}
"""The columns in which the guarded format says what is wrong with a record."""


@dataclass(frozen=True)
class DeadLetter:
    """One dead letter: its `place` (`topic/partition/offset`, or `file:row`), its columns (`LETTER`)."""

    place: str
    columns: dict[str, Any]

    @property
    def raw(self) -> bytes | None:
        """The record's bytes as they were read; None for a tombstone, or where they are not known."""
        return _bytes(self.columns["raw"])

    @property
    def key(self) -> bytes | None:
        """The record's key."""
        return _bytes(self.columns["key"])

    @property
    def headers(self) -> list[tuple[str, bytes]]:
        """The record's headers."""
        return [(name, _bytes(value) or b"") for name, value in json.loads(self.columns["headers"] or "{}").items()]

    @property
    def can_be_sent(self) -> bool:
        """Whether the dead letter has the record: after a step that puts rows together there is none. A tombstone without a key is none
        either: it has nothing to say, and kafka-python does not send it."""
        return self.raw is not None or (self.columns["reason"] == "tombstone" and self.key is not None)

    @property
    def at(self) -> datetime:
        """When the row was rejected."""
        return times.instant(str(self.columns["at"]))

    @classmethod
    def of(cls, place: str, columns: dict[str, Any]) -> DeadLetter:
        """Raises RunError where these are not the columns of one."""
        missing = [name for name in DEAD_LETTER.types if name not in columns]
        if missing:
            raise RunError(
                f"dlq: {place} is no dead letter: it has no {missing[0]}", do="does another job write there?"
            )
        return cls(place, columns)


def of_json(text: str | bytes) -> dict[str, Any]:
    """Read the columns of a dead letter from JSON; empty if the JSON is not an object."""
    found = json.loads(text)
    return found if isinstance(found, dict) else {}


def of_csv(cells: list[str]) -> dict[str, Any]:
    """Read the columns of a dead letter from the cells of a CSV row."""
    row: dict[str, Any] = {name: cell or None for name, cell in zip(DEAD_LETTER.types, cells, strict=False)}
    return {name: int(cell) if cell and name in ("partition", "offset") else cell for name, cell in row.items()}


def of_record(value: bytes, style: str) -> dict[str, Any]:
    """Read the columns of a dead letter from a record in this format."""
    return of_csv(next(csv.reader([value.decode("utf-8")]))) if style == "csv" else of_json(value)


def _bytes(value: str | None) -> bytes | None:
    return None if value is None else b64decode(value)
