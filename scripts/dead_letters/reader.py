"""Read the dead letters of one job, selected by reason, step, time and place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone

from pydantic import TypeAdapter, ValidationError

from penstock.connectors.config.model import registered
from penstock.connectors.config.problems import RunError
from penstock.connectors.config.quantities import Duration
from penstock.connectors.config.texts import counted
from penstock.connectors.dead_letter.schema import DeadLetter
from penstock.connectors.formats import times
from penstock.connectors.registry import SINKS
from penstock.jobs.pipeline.pipeline import Pipeline


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
    the dead letters of other jobs that the last iteration left out: several jobs may write to one topic or folder. `unselected` counts
    those of this job, by step and reason."""

    def __init__(self, pipeline: Pipeline, wanted: Chosen) -> None:
        """Raises RunError when the job does not keep its dead letters."""
        read(pipeline)
        self._pipeline, self._wanted = pipeline, wanted
        self.others: Counter[str] = Counter()
        self.unselected: Counter[str] = Counter()
        self._any = False

    def __iter__(self) -> Iterator[DeadLetter]:
        self.others.clear()
        self.unselected.clear()
        self._any = False
        for dead_letter in read(self._pipeline):
            if dead_letter.columns["job"] != self._pipeline.name:
                self.others[str(dead_letter.columns["job"])] += 1
            elif dead_letter in self._wanted:
                self._any = True
                yield dead_letter
            else:
                self.unselected[f"{dead_letter.columns['step']} {dead_letter.columns['reason']}"] += 1

    def left_out(self) -> str:
        """Lines for the user: what other jobs' dead letters were read, and what exists if nothing was selected. Empty for neither."""
        lines = []
        if self.unselected and not self._any:
            lines.append(f"nothing selected: the dead letters of {self._pipeline.name} are {_listed(self.unselected)}")
        if self.others:
            lines.append(
                f"left out: {counted(self.others.total(), 'dead letter')} of other jobs ({_listed(self.others)})"
            )
        return "\n".join(lines)


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.most_common())


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
