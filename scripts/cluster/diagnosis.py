"""Check whether brokers and files allow what a job file says, and what its delivery guarantee is worth there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from penstock.connectors.base.finding import Finding
from penstock.connectors.base.sink import Sink
from penstock.connectors.config.columns import Columns
from penstock.connectors.config.problems import PenstockError, RunError
from penstock.connectors.config.secrets import NotHere
from penstock.jobs.pipeline import loops
from penstock.jobs.pipeline.pipeline import Pipeline


def findings(pipeline: Pipeline) -> list[Finding]:
    """The findings of each connector, the loops between connectors, and whether a dead letter has room for a whole record. Equal
    findings of several connectors are listed once."""
    return list(dict.fromkeys(_findings(pipeline)))


def reject_bad(pipeline: Pipeline) -> None:
    """Raise RunError for the first finding that prevents what the job file promises."""
    for finding in findings(pipeline):
        if finding.state == "bad":
            raise RunError(f"{pipeline.name}: {finding.what}: {finding.found}", do=finding.do)


def _findings(pipeline: Pipeline) -> Iterator[Finding]:
    read: dict[str, int] = {}
    kept: dict[str, int] = {}
    checkpoint = pipeline.flink.checkpoint
    for source in pipeline.all_sources().values():
        yield from source.diagnose(checkpoint, read)
    for sink in pipeline.sink:
        yield from sink.diagnose(checkpoint, {})
    yield from pipeline.dead_letter_sink().diagnose(checkpoint, kept)
    for sink, rows in pipeline.sinks_with_rows():
        yield from _compared(sink, rows)
    with contextlib.suppress(PenstockError):  # brokers that do not answer are reported as a finding already
        for loop in loops.loops(pipeline, ask=True):
            do = "allow_loop: true says that it is intended" if loop.allowed else f"write to another {loop.path[-1]}"
            yield Finding("warn" if loop.allowed else "bad", "loop", loop.text, do)
    most = max(read.values(), default=0)
    for what, room in kept.items():  # a dead letter holds a whole record
        if room < most:
            do = f"a larger bad record stops the job: let it take {most * 11 // 10} bytes (a topic: max.message.bytes)"
            yield Finding("warn", what, f"takes {room} bytes, a record may have {most}", do)


def _compared(sink: Sink, rows: Columns) -> Iterator[Finding]:
    try:
        yield from sink.compare(rows)
    except NotHere as problem:
        yield Finding("warn", str(sink.place() or "sink"), f"was not checked: {problem.head}", problem.do)
