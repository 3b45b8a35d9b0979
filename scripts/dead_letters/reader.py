"""Read the dead letters of one job, selected by reason, step, time and place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone

from pydantic import TypeAdapter, ValidationError

from penstock.connectors.base.config import registered
from penstock.connectors.base.problems import RunError
from penstock.connectors.base.quantities import Duration
from penstock.connectors.dead_letter.schema import DeadLetter
from penstock.connectors.formats import times
from penstock.connectors.registry import SINKS
from penstock.jobs.base.pipeline import Pipeline


@dataclass(frozen=True)
class Chosen:
    """A selection of dead letters. A field that is None or empty selects all."""

    reasons: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    partition: int | None = None
    first: int | None = None
    last: int | None = None

    def __contains__(self, dead_letter: DeadLetter) -> bool:
        columns = dead_letter.columns
        offset = columns["offset"]
        return (
            (not self.reasons or columns["reason"] in self.reasons)
            and (not self.steps or columns["step"] in self.steps)
            and (self.since is None or dead_letter.at >= self.since)
            and (self.until is None or dead_letter.at < self.until)
            and (self.partition is None or columns["partition"] == self.partition)
            and (self.first is None or (offset is not None and offset >= self.first))
            and (self.last is None or (offset is not None and offset <= self.last))
        )


class Own:
    """The selected dead letters of one job, in the order in which they were written. Each iteration reads them again. `others` counts
    the dead letters of other jobs that the last iteration left out: several jobs may write to one topic or folder."""

    def __init__(self, pipeline: Pipeline, wanted: Chosen) -> None:
        """Raises RunError when the job does not keep its dead letters."""
        read(pipeline)
        self._pipeline, self._wanted = pipeline, wanted
        self.others: Counter[str] = Counter()

    def __iter__(self) -> Iterator[DeadLetter]:
        self.others.clear()
        for dead_letter in read(self._pipeline):
            if dead_letter.columns["job"] != self._pipeline.name:
                self.others[str(dead_letter.columns["job"])] += 1
            elif dead_letter in self._wanted:
                yield dead_letter

    def left_out(self) -> str:
        """A line for the user; empty when no other job's dead letters were read."""
        if not self.others:
            return ""
        count, jobs = sum(self.others.values()), ", ".join(f"{job} {n:,}" for job, n in self.others.most_common())
        return f"left out: {count:,} dead letter{'s' if count > 1 else ''} of other jobs ({jobs})"


def read(pipeline: Pipeline) -> Iterator[DeadLetter]:
    """Every dead letter in the topic or folder of a job, other jobs' too, in the order in which they were written. Raises RunError."""
    sink = pipeline.dead_letter_sink()
    if not sink.capabilities.keeps_dead_letters:
        kinds = [
            f"dead_letters: {{{name}: ...}}" for name, kind in SINKS.items() if kind.capabilities.keeps_dead_letters
        ]
        found = f"dead_letters: {{{registered(SINKS, sink)}: ...}}" if pipeline.dead_letters else "no dead_letters"
        do = "keep them in one of these"
        raise RunError(f"{pipeline.name}: its dead letters are not kept", found, " or ".join(kinds), do)
    return sink.dead_letters()


def since(text: str) -> datetime:
    """A point in time from a timestamp with its zone, or from a duration before now: `2026-01-31T12:00:00Z`, `2 h`. Raises ValueError."""
    try:
        return datetime.now(timezone.utc) - TypeAdapter(Duration).validate_python(text)
    except ValidationError:
        return times.instant(text)
