"""The job file as a model."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from penstock.connectors.base.columns import Column, Columns
from penstock.connectors.base.config import Config, OneOf, OneOrMore, registered
from penstock.connectors.base.connector import Connector
from penstock.connectors.base.invalid import invalid
from penstock.connectors.base.problems import KeyPath, Problem
from penstock.connectors.base.sink import Sink
from penstock.connectors.base.source import Source
from penstock.connectors.blackhole import BlackholeSink
from penstock.connectors.dead_letter.limit import DeadLetterLimit
from penstock.connectors.registry import SINKS, SOURCES
from penstock.jobs import JOBS
from penstock.jobs.base import validation as checks
from penstock.jobs.base.compose import LOCAL, compose
from penstock.jobs.base.flink_settings import FlinkSettings
from penstock.jobs.base.job import Job
from penstock.jobs.base.job_name import JobName

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
    """Where rejected rows go, with the reason. Must be said where a step can reject rows; `blackhole` counts and drops them."""

    dead_letter_limit: DeadLetterLimit | None = None
    """Fail the job when more than this share of its rows become dead letters. Without it every one is kept, however many."""

    flink: FlinkSettings = FlinkSettings()
    """How Flink runs the job."""

    @model_validator(mode="after")
    def _one_source(self) -> Pipeline:
        if (self.source is None) == (not self.sources):
            found = "no source" if self.source is None else "both source and sources"
            raise invalid(found=found, allowed="source, or sources", do="give one of them")
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
        return named | ({"dead_letters": self.dead_letter_sink()} if self.dead_letters else {})

    def dead_letter_sink(self) -> Sink:
        """The sink for dead letters: where the file does not say its guarantee, the strictest of the other sinks."""
        return (self.dead_letters or BlackholeSink()).for_dead_letters(self.sink)

    @property
    def exactly_once(self) -> bool:
        """Whether a sink promises each row once by transactions whose ids follow from the job's name."""
        return any(sink.shared_ids for sink in self.sink)

    def sinks(self) -> list[Sink]:
        """Every sink, the one for dead letters among them."""
        return list(self.named_sinks().values())

    def connectors(self) -> list[Connector]:
        """Every source and sink."""
        return [*self.all_sources().values(), *self.sinks()]

    def connector_kinds(self) -> dict[str, str]:
        """The kind of each table's connector, by the table's name."""
        kinds = {f"source_{name}": registered(SOURCES, source) for name, source in self.all_sources().items()}
        return kinds | {name: registered(SINKS, sink) for name, sink in self.named_sinks().items()}

    def user_functions(self) -> dict[KeyPath, str]:
        """Return the user's Python functions that the steps call: key path from the root of the job file to `module.function`."""
        return {
            ("job", index, registered(JOBS, step), *path): name
            for index, step in enumerate(self.job)
            for path, name in step.user_functions().items()
        }

    def modules(self) -> set[str]:
        """Return the names of the user's Python modules that the job needs."""
        return {name.rpartition(".")[0] for name in self.user_functions().values()}

    def jars(self) -> set[str]:
        """The jar lock's names of everything the job needs, our own jar among them."""
        return {"penstock", *(name for connector in self.connectors() for name in connector.needed_jars())}

    def references(self) -> list[str]:
        """References to secrets that are resolved where the job runs, each once."""
        return list(dict.fromkeys(one for connector in self.connectors() for one in connector.references))

    def token_urls(self) -> set[str]:
        """The OAuth token endpoints that the JVMs of the job must allow."""
        return {url for connector in self.connectors() for url in connector.token_urls}

    def can_reject(self) -> bool:
        """Whether a source or a step can reject rows, so that the job needs `dead_letters`. Raises Problem."""
        streams = {name: source.stream() for name, source in self.all_sources().items()}
        return any(source.refuses for source in self.all_sources().values()) or bool(checks.steps(self, streams)[1])

    def problems(self) -> list[Problem]:
        """What does not fit together: steps and columns, sinks and rows."""
        return checks.problems(self)

    def output_columns(self) -> Columns:
        """The columns that reach the sinks. Raises Problem."""
        return checks.steps(self, {name: source.stream() for name, source in self.all_sources().items()})[0]

    def configuration(self) -> dict[str, str]:
        """The Flink options of the job."""
        ttl = next((step.state_ttl for step in self.job if isinstance(step.state_ttl, timedelta)), None)
        idle = [
            s.event_time.idle_after for s in self.all_sources().values() if s.event_time and s.event_time.idle_after
        ]
        return self.flink.configuration(self.name, ttl, min(idle, default=None))

    def compose(self, env: TableEnvironment, version: str = "local", local: bool = False) -> StatementSet:
        """The whole job as one statement set, not yet started; `version` is what its dead letters say of it. The transactions of a `local`
        run have ids of their own, so that it does not end those of the job on a cluster, and is not taken for it."""
        return compose(self, env, version, f"{self.name}{LOCAL}" if local else self.name)
