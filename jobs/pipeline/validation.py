"""Find inconsistencies in a job file without a JVM: between steps and columns, and between sinks and rows."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from penstock.connectors.config.columns import Columns
from penstock.connectors.config.model import registered
from penstock.connectors.config.problems import KeyPath, Problem
from penstock.connectors.config.quantities import Ttl, duration_text
from penstock.connectors.dead_letter.schema import DEAD_LETTER
from penstock.connectors.registry import SINKS, SOURCES
from penstock.jobs import JOBS
from penstock.jobs.pipeline import loops

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.connectors.base.sink import Sink
    from penstock.connectors.base.source import Source
    from penstock.jobs.base.job import Job
    from penstock.jobs.pipeline.pipeline import Pipeline

_UNROUTED = "dead_letter, but the job has no dead_letters"
_NO_DEAD_LETTERS = (
    "add dead_letters: {files: {path: ...}}, or dead_letters: {blackhole: {}} to count and drop rejected rows"
)


def problems(pipeline: Pipeline) -> list[Problem]:
    """Return every problem. Steps after a wrong one are not checked."""
    found = loops.problems(pipeline)
    streams = {}
    for name, source in pipeline.all_sources().items():
        path = _at_source(pipeline, name, source)
        try:
            streams[name] = source.stream()
            source.check()
        except Problem as problem:
            found.append(problem.below(*path))
        if source.rejects and not pipeline.dead_letters:
            found.append(Problem((*path, "on_error"), _UNROUTED, "dead_letters with a sink", _NO_DEAD_LETTERS))
    if pipeline.sources and not pipeline.job[0].several_inputs:
        allowed = ", ".join(name for name, job in JOBS.items() if job.several_inputs)
        text = f"several sources for {registered(JOBS, pipeline.job[0])}, which reads one source"
        found.append(
            Problem(("sources",), text, f"source, or the job {allowed}", "write source with a single source", True)
        )
    if len(streams) < len(pipeline.all_sources()) or not pipeline.job:
        return found
    try:
        rows, reasons = steps(pipeline, streams)
    except Problem as problem:
        return [*found, problem]
    return [*found, *_at_sinks(pipeline, rows), *_at_dead_letters(pipeline, reasons)]


def steps(pipeline: Pipeline, streams: dict[str, Columns]) -> tuple[Columns, dict[str, int]]:
    """Return the columns after the last step, and each reason for rejected rows with the index of the first step that can use it. Raises
    Problem."""
    rows = next(iter(streams.values()))
    first_steps: dict[str, int] = {}
    ttls: dict[Ttl, int] = {}
    for index, step in enumerate(pipeline.job):
        path = _at_step(index, step)
        if rows.changelog:
            do = "make the step before this one the last step, or change it so that it outputs append-only rows"
            raise Problem(path, "upsert rows as the input of this step", "append-only rows", do, True)
        try:
            output_columns = step.output_columns(rows)
        except Problem as problem:
            raise problem.below(*path) from None
        first_steps |= {reason: index for reason in step.reject_reasons(rows) if reason not in first_steps}
        if step.state_ttl:
            ttls.setdefault(step.state_ttl, index)
        rows = output_columns
    if len(ttls) > 1:
        index = max(ttls.values())
        earlier, later = (ttl if isinstance(ttl, str) else duration_text(ttl) for ttl in list(ttls)[:2])
        found = f"{later}, but the ttl of an earlier step is {earlier}"
        allowed = "the same ttl in all steps that keep state, because Flink has one setting per job"
        raise Problem(
            (*_at_step(index, pipeline.job[index]), "ttl"),
            found,
            allowed,
            f"write ttl: {earlier} here too, or change both steps",
        )
    return rows, first_steps


def _at_sinks(pipeline: Pipeline, rows: Columns) -> list[Problem]:
    found = []
    for index, sink in enumerate(pipeline.sink):
        if sink.rejects and not pipeline.dead_letters:
            path = ("sink", index, registered(SINKS, sink), "on_error")
            found.append(Problem(path, _UNROUTED, "dead_letters with a sink", _NO_DEAD_LETTERS))
        if sink.follows_event_time and not any(source.event_time for source in pipeline.all_sources().values()):
            at = ("sink", index, registered(SINKS, sink))
            text = "a sink that follows event time, and no source with event_time"
            found.append(Problem(at, text, "event_time in a source", "declare event_time, or remove success_file"))
        accepts, survives = partial(sink.check, rows), partial(sink.check_checkpoint, pipeline.flink.checkpoint)
        found += _first(("sink", index, registered(SINKS, sink)), accepts, survives)
    return found


def _first(path: KeyPath, *checks: Callable[[], None]) -> list[Problem]:
    """Return the first problem that these checks raise, with its path from the root of the job file."""
    try:
        for check in checks:
            check()
    except Problem as problem:
        return [problem.below(*path)]
    return []


def _at_dead_letters(pipeline: Pipeline, first_steps: dict[str, int]) -> list[Problem]:
    if pipeline.dead_letters:
        return _dead_letters_sink(pipeline, pipeline.dead_letter_sink())
    if not first_steps:
        return []
    reasons, index = ", ".join(first_steps), next(iter(first_steps.values()))
    text = f"no dead_letters, but this step can reject rows ({reasons})"
    return [Problem(_at_step(index, pipeline.job[index]), text, "dead_letters with a sink", _NO_DEAD_LETTERS, True)]


def _dead_letters_sink(pipeline: Pipeline, sink: Sink) -> list[Problem]:
    path = ("dead_letters", registered(SINKS, sink))
    accepts, survives = partial(sink.check, DEAD_LETTER), partial(sink.check_checkpoint, pipeline.flink.checkpoint)
    return [*_first(path, accepts, survives), *_first(path, partial(sink.check_dead_letters, pipeline.sink))]


def _at_source(pipeline: Pipeline, name: str, source: Source) -> KeyPath:
    return (*(("sources", name) if pipeline.sources else ("source",)), registered(SOURCES, source))


def _at_step(index: int, step: Job) -> KeyPath:
    return ("job", index, registered(JOBS, step))
