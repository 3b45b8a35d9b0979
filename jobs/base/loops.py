"""Does a job read what it writes? Its rows would come round for ever, each time more of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.connectors.base.config import registered
from penstock.connectors.base.problems import KeyPath, Problem, RunError
from penstock.connectors.registry import SINKS

if TYPE_CHECKING:
    from penstock.jobs.base.pipeline import Pipeline


@dataclass(frozen=True)
class Loop:
    """A source that reads what a sink writes. `path` leads to the sink's key; `meant` is its `allow_loop`."""

    source: str
    sink: str
    place: str
    path: KeyPath
    meant: bool

    @property
    def text(self) -> str:
        """It, in a sentence."""
        return f"{self.source} reads what {self.sink} writes ({self.place})"


def loops(pipeline: Pipeline, ask: bool = False) -> Iterator[Loop]:
    """Every one. With `ask` brokers are asked where they have the same topic and different names. Raises RunError."""
    for sink_name, sink in pipeline.named_sinks().items():
        written = sink.place()
        for source_name, source in pipeline.all_sources().items() if written else ():
            read = source.place()
            if written and read and read.reads(written, ask):
                path = (*_path(pipeline, sink_name), written.key)
                name = f"the source {source_name}" if pipeline.sources else "the source"
                yield Loop(name, sink_name, str(written), path, sink.may_loop)


def problems(pipeline: Pipeline) -> list[Problem]:
    """Loops that the file does not allow, and dead letters among the rows of another sink."""
    found = [
        Problem(
            loop.path,
            f"{loop.place}, which {loop.source} reads: each row would come round again",
            "a place that no source of this job reads",
            f"write to another {loop.path[-1]}; where the loop is meant, say allow_loop: true on this sink",
        )
        for loop in loops(pipeline)
        if not loop.meant
    ]
    dead_letters = pipeline.dead_letter_sink().place()
    for index, sink in enumerate(pipeline.sink):
        place = sink.place()
        if dead_letters and place and dead_letters.same(place):
            text = f"{dead_letters}, where sink_{index + 1} writes the job's rows"
            do = f"give dead letters a {dead_letters.key} of their own"
            found.append(
                Problem((*_path(pipeline, "dead_letters"), dead_letters.key), text, f"another {dead_letters.key}", do)
            )
    return found


def reject(pipeline: Pipeline) -> None:
    """Raise RunError for a loop that only the brokers can show: two addresses of one cluster."""
    for loop in loops(pipeline, ask=True):
        if not loop.meant:
            raise RunError(
                f"{pipeline.name}: {loop.text}: each row would come round again",
                found="two addresses of the same brokers",
                do=f"write to another {loop.path[-1]}; where the loop is meant, say allow_loop: true on that sink",
            )


def _path(pipeline: Pipeline, sink: str) -> KeyPath:
    if sink == "dead_letters":
        return (sink, registered(SINKS, pipeline.dead_letter_sink()))
    index = int(sink.removeprefix("sink_")) - 1
    return ("sink", index, registered(SINKS, pipeline.sink[index]))
