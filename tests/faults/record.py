"""One record of a trial's input."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.udfs.rows import Row


@dataclass(frozen=True)
class Record:
    """A record of the input topic: `bad` ones are cut off in their middle."""

    n: int
    partition: int
    row: Row
    value: bytes
    bad: bool
