"""Detect jobs that read their own output, in which rows would circulate forever."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.connectors.config.model import registered
from penstock.connectors.config.problems import KeyPath, Problem, RunError
from penstock.connectors.registry import SINKS

if TYPE_CHECKING:
    from penstock.jobs.pipeline.pipeline import Pipeline


@dataclass(frozen=True)
class Loop:
    """A source that reads what a sink writes. `path` leads to the key of the sink; `allowed` is the value of `allow_loop`."""

    source: str
    sink: str
    place: str
    path: KeyPath
    allowed: bool

    @property
    def text(self) -> str:
        """Return a description of the loop."""
        return f"{self.source} reads what {self.sink} writes ({self.place})"


def loops(pipeline: Pipeline, ask: bool = False) -> Iterator[Loop]:
    """Yield every loop. With `ask`, brokers with different addresses and the same topic are asked whether they are one cluster. Raises
    RunError."""
    for sink_name, sink in pipeline.named_sinks().items():
        written = sink.place()
        for source_name, source in pipeline.all_sources().items() if written else ():
            read = source.place()
            if written and read and read.reads(written, ask):
                path = (*_path(pipeline, sink_name), written.key)
                name = f"the source {source_name}" if pipeline.sources else "the source"
                yield Loop(name, sink_name, str(written), path, sink.may_loop)


def problems(pipeline: Pipeline) -> list[Problem]:
    """Return the loops that the job file does not allow, and the sinks to which dead letters and rows would both go."""
    found = [
        Problem(
            loop.path,
            f"{loop.place}, which {loop.source} reads: the job would process its own output again",
            f"a {loop.path[-1]} that no source of this job reads",
            f"write to another {loop.path[-1]}; if the loop is intended, set allow_loop: true on this sink",
        )
        for loop in loops(pipeline)
        if not loop.allowed
    ]
    dead_letters = pipeline.dead_letter_sink().place()
    for index, sink in enumerate(pipeline.sink):
        place = sink.place()
        if dead_letters and place and dead_letters.same(place):
            text = f"{dead_letters}, to which sink_{index + 1} writes the rows of the job"
            do = f"write dead letters to a separate {dead_letters.key}"
            found.append(
                Problem((*_path(pipeline, "dead_letters"), dead_letters.key), text, f"another {dead_letters.key}", do)
            )
    return found


def reject(pipeline: Pipeline) -> None:
    """Raise RunError for a loop that only the brokers reveal: two addresses of one cluster."""
    for loop in loops(pipeline, ask=True):
        if not loop.allowed:
            raise RunError(
                f"{pipeline.name}: {loop.text}: the job would process its own output again",
                found="two addresses of the same brokers",
                do=f"write to another {loop.path[-1]}; if the loop is intended, set allow_loop: true on that sink",
            )


def _path(pipeline: Pipeline, sink: str) -> KeyPath:
    if sink == "dead_letters":
        return (sink, registered(SINKS, pipeline.dead_letter_sink()))
    index = int(sink.removeprefix("sink_")) - 1
    return ("sink", index, registered(SINKS, pipeline.sink[index]))
