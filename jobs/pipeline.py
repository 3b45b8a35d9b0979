"""The job file as a model, and `compose`: from a source through the steps to the sinks, the same for every target."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from connectors import SINKS, SOURCES
from connectors.columns import Column, Columns
from connectors.config import Config, OneOf, OneOrMore
from connectors.connector import Connector, Sink, Source
from connectors.problems import Problem
from connectors.refusal import refusal
from jobs import JOBS
from jobs.flink_settings import FlinkSettings
from jobs.job import COUNT, REFUSED, Flow, Job
from jobs.job_name import JobName

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyflink.table import StatementSet, TableEnvironment

AnySource = Annotated[Source, OneOf("source", SOURCES)]
AnySink = Annotated[Sink, OneOf("sink", SINKS)]
AnyJob = Annotated[Job, OneOf("job", JOBS)]
_Many = BeforeValidator(lambda value: value if isinstance(value, list) else [value])


class Pipeline(Config):
    """A job file."""

    name: JobName
    """The job's name: lower case, digits and dashes. Transactions, state and history go by it: keep it."""

    description: str = ""
    """What the job is for."""

    source: AnySource | None = None
    """Where rows come from."""

    sources: dict[Column, AnySource] | None = None
    """Instead of `source`, for a job that reads several: name to source."""

    job: Annotated[list[AnyJob], _Many, Field(min_length=1), OneOrMore()]
    """One step, or a list: each reads the rows of the one before."""

    sink: Annotated[list[AnySink], _Many, Field(min_length=1), OneOrMore()]
    """Where the rows go: one sink, or a list that all get every row."""

    dead_letters: AnySink | None = None
    """Where refused rows go, with the reason. Must be said where a step can refuse rows; `blackhole` counts and drops them."""

    flink: FlinkSettings = FlinkSettings()
    """How Flink runs the job."""

    @model_validator(mode="after")
    def _one_source(self) -> Pipeline:
        if (self.source is None) == (not self.sources):
            found = "no source" if self.source is None else "both source and sources"
            raise refusal(found=found, allowed="source, or sources", do="give one of them")
        return self

    def located(self, base: Path) -> Pipeline:
        """The same pipeline with every path resolved against the job file's folder."""
        update: dict[str, Any] = {
            "job": [step.located(base) for step in self.job],
            "sink": [s.located(base) for s in self.sink],
        }
        if self.source:
            update["source"] = self.source.located(base)
        if self.sources:
            update["sources"] = {name: source.located(base) for name, source in self.sources.items()}
        if self.dead_letters:
            update["dead_letters"] = self.dead_letters.located(base)
        return self.model_copy(update=update)

    def packed(self, put: Callable[[Path], str]) -> dict[str, Any]:
        """The job file as plain data for a package; `put` takes each file that must travel and gives its name there."""
        packed = {"job": [step.packed(put) for step in self.job]}
        return self.model_copy(update=packed).model_dump(mode="json", exclude_unset=True)

    def all_sources(self) -> dict[str, Source]:
        """Each source by name; a single one is `records`."""
        if self.sources:
            return self.sources
        return {"records": self.source} if self.source else {}

    def named_sinks(self) -> dict[str, Sink]:
        """Each sink by its table's name."""
        named = {f"sink_{index}": sink for index, sink in enumerate(self.sink, 1)}
        return named | ({"dead_letters": self.dead_letters} if self.dead_letters else {})

    def sinks(self) -> list[Sink]:
        """Every sink, the one for dead letters among them."""
        return list(self.named_sinks().values())

    def connectors(self) -> list[Connector]:
        """Every source and sink."""
        return [*self.all_sources().values(), *self.sinks()]

    def connector_kinds(self) -> dict[str, str]:
        """The kind of each table's connector, by the table's name."""
        kinds = {f"source_{name}": _plug(SOURCES, source) for name, source in self.all_sources().items()}
        return kinds | {name: _plug(SINKS, sink) for name, sink in self.named_sinks().items()}

    def modules(self) -> set[str]:
        """The user's Python modules that the job needs."""
        return {module for step in self.job for module in step.modules}

    def jars(self) -> set[str]:
        """The jar lock's names of everything the job needs, our own jar among them."""
        return {"penstock", *(name for connector in self.connectors() for name in connector.jars)}

    def problems(self) -> list[Problem]:
        """What does not fit together: steps and columns, sinks and rows. Each step is checked as far as can be."""
        found: list[Problem] = []
        streams = {}
        for name, source in self.all_sources().items():
            try:
                streams[name] = source.stream()
                source.check()
            except Problem as problem:
                found.append(
                    problem.below(*(("sources", name) if self.sources else ("source",)), _plug(SOURCES, source))
                )
        if self.sources and not self.job[0].several_inputs:
            allowed = ", ".join(name for name, job in JOBS.items() if job.several_inputs)
            found.append(
                Problem(
                    ("sources",),
                    f"sources for {_plug(JOBS, self.job[0])}, which reads one",
                    f"source, or the job {allowed}",
                    "give one source",
                    True,
                )
            )
        if len(streams) < len(self.all_sources()) or not self.job:
            return found
        try:
            rows, refuses = self._steps(streams)
        except Problem as problem:
            return [*found, problem]
        return [*found, *self._sink_problems(rows, refuses)]

    def _steps(self, streams: dict[str, Columns]) -> tuple[Columns, dict[str, int]]:
        rows = next(iter(streams.values()))
        refuses: dict[str, int] = {}
        ttls: dict[timedelta, int] = {}
        for index, step in enumerate(self.job):
            path = ("job", index, _plug(JOBS, step))
            if rows.changelog:
                do = "make it the last step, or let the step before give each row once"
                raise Problem(path, "rows that replace earlier ones before this step", "appended rows", do, True)
            try:
                gives = step.gives(rows)
            except Problem as problem:
                raise problem.below(*path) from None
            refuses |= {reason: index for reason in step.refuses(rows) if reason not in refuses}
            if step.state_ttl:
                ttls[step.state_ttl] = index
            rows = gives
        if len(ttls) > 1:
            index = max(ttls.values())
            at = ("job", index, _plug(JOBS, self.job[index]), "ttl")
            raise Problem(
                at,
                "a ttl that differs from another step's",
                "one ttl a job: Flink has one for all its state",
                "make them equal",
            )
        return rows, refuses

    def _sink_problems(self, rows: Columns, refuses: dict[str, int]) -> list[Problem]:
        found = []
        for index, sink in enumerate(self.sink):
            try:
                sink.check(rows)
            except Problem as problem:
                found.append(problem.below("sink", index, _plug(SINKS, sink)))
        if self.dead_letters:
            try:
                self.dead_letters.check(REFUSED)
            except Problem as problem:
                found.append(problem.below("dead_letters", _plug(SINKS, self.dead_letters)))
        elif refuses:
            reasons, index = ", ".join(refuses), next(iter(refuses.values()))
            path = ("job", index, _plug(JOBS, self.job[index]))
            text = f"no dead_letters, and this step can refuse rows ({reasons})"
            found.append(
                Problem(
                    path,
                    text,
                    "dead_letters: a sink",
                    "add dead_letters: {files: {path: ...}}, or {blackhole: {}} to count and drop them",
                    True,
                )
            )
        return found

    def gives(self) -> Columns:
        """The columns that reach the sinks. Raises Problem."""
        return self._steps({name: source.stream() for name, source in self.all_sources().items()})[0]

    def configuration(self) -> dict[str, str]:
        """The Flink options of the job."""
        ttl = next((step.state_ttl for step in self.job if step.state_ttl), None)
        idle = [
            s.event_time.idle_after for s in self.all_sources().values() if s.event_time and s.event_time.idle_after
        ]
        return self.flink.configuration(self.name, ttl, min(idle, default=None))

    def compose(self, env: TableEnvironment) -> StatementSet:
        """The whole job as one statement set, not yet started."""
        for key, value in self.configuration().items():
            env.get_config().set(key, value)
        env.create_java_temporary_system_function(COUNT, "penstock.CountFunction")
        tables = {name: source.table(env, f"source_{name}") for name, source in self.all_sources().items()}
        streams = {name: source.stream() for name, source in self.all_sources().items()}
        first = next(iter(tables))
        flow = Flow(env, tables[first], streams[first], self.name, inputs=tables)
        for index, step in enumerate(self.job):
            flow = step.build(replace(flow, step=f"{index + 1}_{_plug(JOBS, step)}"))
        statements = env.create_statement_set()
        for index, sink in enumerate(self.sink):
            sink.insert(env, statements, flow.table, flow.columns, f"sink_{index + 1}", self.name)
        if flow.refused and self.dead_letters:
            letters = flow.refused[0]
            for more in flow.refused[1:]:
                letters = letters.union_all(more)
            self.dead_letters.insert(env, statements, letters, REFUSED, "dead_letters", self.name)
        return statements


def _plug(registry: dict[str, Any], plug_in: object) -> str:
    """The name under which a plug-in is registered."""
    return next(name for name, model in registry.items() if type(plug_in) is model)
