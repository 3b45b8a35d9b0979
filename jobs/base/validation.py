"""What does not fit together in a job file: steps and columns, sinks and rows. Found without a JVM."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from penstock.connectors.base.columns import Columns
from penstock.connectors.base.config import registered
from penstock.connectors.base.problems import KeyPath, Problem
from penstock.connectors.base.quantities import Ttl, duration_text
from penstock.connectors.dead_letter.schema import DEAD_LETTER
from penstock.connectors.registry import SINKS, SOURCES
from penstock.jobs import JOBS
from penstock.jobs.base import loops

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.connectors.base.sink import Sink
    from penstock.connectors.base.source import Source
    from penstock.jobs.base.job import Job
    from penstock.jobs.base.pipeline import Pipeline

_NO_DEAD_LETTERS = "add dead_letters: {files: {path: ...}}, or {blackhole: {}} to count and drop them"


def problems(pipeline: Pipeline) -> list[Problem]:
    """Every finding; each step is checked as far as can be."""
    found = loops.problems(pipeline)
    streams = {}
    for name, source in pipeline.all_sources().items():
        path = _at_source(pipeline, name, source)
        try:
            streams[name] = source.stream()
            source.check()
        except Problem as problem:
            found.append(problem.below(*path))
        if source.refuses and not pipeline.dead_letters:
            text = "dead_letter, and the job has no dead_letters"
            found.append(Problem((*path, "on_error"), text, "dead_letters: a sink", _NO_DEAD_LETTERS))
    if pipeline.sources and not pipeline.job[0].several_inputs:
        allowed = ", ".join(name for name, job in JOBS.items() if job.several_inputs)
        text = f"sources for {registered(JOBS, pipeline.job[0])}, which reads one"
        found.append(Problem(("sources",), text, f"source, or the job {allowed}", "give one source", True))
    if len(streams) < len(pipeline.all_sources()) or not pipeline.job:
        return found
    try:
        rows, refuses = steps(pipeline, streams)
    except Problem as problem:
        return [*found, problem]
    return [*found, *_at_sinks(pipeline, rows), *_at_dead_letters(pipeline, refuses)]


def steps(pipeline: Pipeline, streams: dict[str, Columns]) -> tuple[Columns, dict[str, int]]:
    """The columns after the last step, and each reason for which a step rejects rows with the first such step's index."""
    rows = next(iter(streams.values()))
    refuses: dict[str, int] = {}
    ttls: dict[Ttl, int] = {}
    for index, step in enumerate(pipeline.job):
        path = _at_step(index, step)
        if rows.changelog:
            do = "make it the last step, or let the step before give each row once"
            raise Problem(path, "rows that replace earlier ones before this step", "appended rows", do, True)
        try:
            output_columns = step.output_columns(rows)
        except Problem as problem:
            raise problem.below(*path) from None
        refuses |= {reason: index for reason in step.reject_reasons(rows) if reason not in refuses}
        if step.state_ttl:
            ttls.setdefault(step.state_ttl, index)
        rows = output_columns
    if len(ttls) > 1:
        index = max(ttls.values())
        earlier, later = (ttl if isinstance(ttl, str) else duration_text(ttl) for ttl in list(ttls)[:2])
        found = f"{later}, and an earlier step's ttl is {earlier}"
        allowed = "one ttl for all steps of a job that keep state: Flink has one setting for all of it"
        raise Problem(
            (*_at_step(index, pipeline.job[index]), "ttl"),
            found,
            allowed,
            f"write ttl: {earlier} here too, or change both",
        )
    return rows, refuses


def _at_sinks(pipeline: Pipeline, rows: Columns) -> list[Problem]:
    found = []
    for index, sink in enumerate(pipeline.sink):
        fits, outlives = partial(sink.check, rows), partial(sink.check_checkpoint, pipeline.flink.checkpoint)
        found += _first(("sink", index, registered(SINKS, sink)), fits, outlives)
    return found


def _first(path: KeyPath, *checks: Callable[[], None]) -> list[Problem]:
    """The first problem that these checks raise, seen from the root of the file."""
    try:
        for check in checks:
            check()
    except Problem as problem:
        return [problem.below(*path)]
    return []


def _at_dead_letters(pipeline: Pipeline, refuses: dict[str, int]) -> list[Problem]:
    if pipeline.dead_letters:
        return _dead_letters_sink(pipeline, pipeline.dead_letter_sink())
    if not refuses:
        return []
    reasons, index = ", ".join(refuses), next(iter(refuses.values()))
    text = f"no dead_letters, and this step can reject rows ({reasons})"
    return [Problem(_at_step(index, pipeline.job[index]), text, "dead_letters: a sink", _NO_DEAD_LETTERS, True)]


def _dead_letters_sink(pipeline: Pipeline, sink: Sink) -> list[Problem]:
    path = ("dead_letters", registered(SINKS, sink))
    fits, outlives = partial(sink.check, DEAD_LETTER), partial(sink.check_checkpoint, pipeline.flink.checkpoint)
    return [*_first(path, fits, outlives), *_first(path, partial(sink.check_dead_letters, pipeline.sink))]


def _at_source(pipeline: Pipeline, name: str, source: Source) -> KeyPath:
    return (*(("sources", name) if pipeline.sources else ("source",)), registered(SOURCES, source))


def _at_step(index: int, step: Job) -> KeyPath:
    return ("job", index, registered(JOBS, step))
