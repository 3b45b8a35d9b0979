"""Dead letters as they lie in a topic or in files, and which of them are meant."""

from __future__ import annotations

import csv
import json
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from connectors.base.problems import RunError
from connectors.base.quantities import Duration
from connectors.dead_letter.letter import LETTER
from connectors.files.connector import FilesSink
from connectors.formats import times
from connectors.kafka.preflight import admin
from connectors.kafka.read import batches
from connectors.kafka.sink import KafkaSink
from jobs.pipeline import Pipeline


@dataclass(frozen=True)
class Letter:
    """One dead letter: its `place` (`topic/partition/offset`, or `file:row`), its columns (`dead_letter.LETTER`)."""

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
        """Whether the letter has the record: after a step that puts rows together there is none. A tombstone without a key is none
        either: it has nothing to say, and kafka-python does not send it."""
        return self.raw is not None or (self.columns["reason"] == "tombstone" and self.key is not None)

    @property
    def at(self) -> datetime:
        """When the row was refused."""
        return times.instant(str(self.columns["at"]))


def _bytes(value: str | None) -> bytes | None:
    return None if value is None else b64decode(value)


@dataclass(frozen=True)
class Chosen:
    """Which letters are meant; what is None is not asked."""

    reasons: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    partition: int | None = None
    first: int | None = None
    last: int | None = None

    def __contains__(self, letter: Letter) -> bool:
        columns = letter.columns
        offset = columns["offset"]
        return (
            (not self.reasons or columns["reason"] in self.reasons)
            and (not self.steps or columns["step"] in self.steps)
            and (self.since is None or letter.at >= self.since)
            and (self.until is None or letter.at < self.until)
            and (self.partition is None or columns["partition"] == self.partition)
            and (self.first is None or (offset is not None and offset >= self.first))
            and (self.last is None or (offset is not None and offset <= self.last))
        )


class Own:
    """The dead letters of one job, in the order in which they were written, each time anew; `others` counts those of other jobs that
    the last iteration left out: several jobs may write to one topic or folder."""

    def __init__(self, pipeline: Pipeline, wanted: Chosen) -> None:
        """Raises RunError where the job keeps no dead letters."""
        read(pipeline)
        self._pipeline, self._wanted = pipeline, wanted
        self.others: Counter[str] = Counter()

    def __iter__(self) -> Iterator[Letter]:
        self.others.clear()
        for letter in read(self._pipeline):
            if letter.columns["job"] != self._pipeline.name:
                self.others[str(letter.columns["job"])] += 1
            elif letter in self._wanted:
                yield letter

    def left_out(self) -> str:
        """A line for the user; nothing where no other job's dead letters were read."""
        if not self.others:
            return ""
        count, jobs = sum(self.others.values()), ", ".join(f"{job} {n:,}" for job, n in self.others.most_common())
        return f"left out: {count:,} dead letter{'s' if count > 1 else ''} of other jobs ({jobs})"


def read(pipeline: Pipeline) -> Iterator[Letter]:
    """Every dead letter where a job keeps its own, those of other jobs too, in the order in which they were written. Raises RunError."""
    sink = pipeline.letters() if pipeline.dead_letters else None
    if isinstance(sink, KafkaSink):
        return _from_topic(sink)
    if isinstance(sink, FilesSink):
        return _from_files(sink)
    kind = type(sink).__name__ if sink else "no dead_letters"
    allowed, do = "dead_letters: {kafka: ...} or {files: ...}", "keep them in a topic or in files"
    raise RunError(f"{pipeline.name}: its dead letters are not kept", found=kind, allowed=allowed, do=do)


def _from_topic(sink: KafkaSink) -> Iterator[Letter]:
    with closing(admin("dlq", sink.bootstrap, sink.security)) as client:
        if sink.topic not in client.list_topics():
            raise RunError(
                f'dlq: the topic "{sink.topic}" does not exist on {sink.bootstrap}', do="has the job ever run?"
            )
    for records in batches(sink.bootstrap, sink.topic, security=sink.security):
        for record in records:
            yield _letter(f"{record.topic}/{record.partition}/{record.offset}", _parsed(record.value, sink))


def _from_files(sink: FilesSink) -> Iterator[Letter]:
    files = sorted(f for f in Path(sink.path).rglob("*") if f.is_file() and not f.name.startswith((".", "_")))
    for file in files:
        with file.open(encoding="utf-8", newline="") as lines:
            rows = map(json.loads, lines) if sink.format == "json" else map(_row, csv.reader(lines))
            for number, row in enumerate(rows, 1):
                yield _letter(f"{file.relative_to(sink.path)}:{number}", row)


def _parsed(value: bytes, sink: KafkaSink) -> dict[str, Any]:
    if sink.format == "csv":
        return _row(next(csv.reader([value.decode("utf-8")])))
    found = json.loads(value)
    return found if isinstance(found, dict) else {}


def _row(cells: list[str]) -> dict[str, Any]:
    row: dict[str, Any] = {name: cell or None for name, cell in zip(LETTER.types, cells, strict=False)}
    return {name: int(cell) if cell and name in ("partition", "offset") else cell for name, cell in row.items()}


def _letter(place: str, columns: dict[str, Any]) -> Letter:
    missing = [name for name in LETTER.types if name not in columns]
    if missing:
        raise RunError(f"dlq: {place} is no dead letter: it has no {missing[0]}", do="does another job write there?")
    return Letter(place, columns)


def since(text: str) -> datetime:
    """A point in time with its zone, or so long ago: `2026-01-31T12:00:00Z`, `2 h`. Raises ValueError."""
    try:
        return datetime.now(timezone.utc) - TypeAdapter(Duration).validate_python(text)
    except ValidationError:
        return times.instant(text)
