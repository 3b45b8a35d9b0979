"""One record of a trial's input."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.udfs.rows import Row


@dataclass(frozen=True)
class Record:
    """A record of the input topic: a `bad` record is truncated."""

    n: int
    partition: int
    row: Row
    value: bytes
    bad: bool
