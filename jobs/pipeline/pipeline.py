"""The model of a job file."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from penstock.connectors.base.connector import Connector
from penstock.connectors.base.sink import Sink
from penstock.connectors.base.source import Source
from penstock.connectors.blackhole import BlackholeSink
from penstock.connectors.config.columns import Column, Columns
from penstock.connectors.config.invalid import invalid
from penstock.connectors.config.model import Config, OneOf, OneOrMore, registered
from penstock.connectors.config.problems import KeyPath, Problem
from penstock.connectors.dead_letter.limit import DeadLetterLimit
from penstock.connectors.dead_letter.schema import DEAD_LETTER
from penstock.connectors.registry import SINKS, SOURCES
from penstock.jobs import JOBS
from penstock.jobs.base.job import Job
from penstock.jobs.pipeline import validation as checks
from penstock.jobs.pipeline.compose import LOCAL, compose
from penstock.jobs.pipeline.flink_settings import FlinkSettings
from penstock.jobs.pipeline.job_name import JobName

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyflink.table import StatementSet, TableEnvironment

DEAD_LETTERS = "dead_letters"
"""The name of the table of the dead letter queue."""

AnySource = Annotated[Source, OneOf("source", SOURCES)]
AnySink = Annotated[Sink, OneOf("sink", SINKS)]
AnyJob = Annotated[Job, OneOf("job", JOBS)]
_Many = BeforeValidator(lambda value: value if isinstance(value, list) else [value])


class Pipeline(Config):
    """A job file: sources, steps and sinks."""

    name: JobName
    """The name of the job: lower-case letters, digits and dashes. At most 100 characters, a letter first.
    Transactional ids, savepoints and the history refer to it: a job with another name is another job, and starts without state."""

    description: str = ""
    """A description of the job for readers. Penstock does not use it."""

    source: AnySource | None = None
    """The source that the first step reads. Write either `source` or `sources`."""

    sources: dict[Column, AnySource] | None = None
    """Several sources instead of one `source`: source name to source. Only the job `sql` reads several."""

    job: Annotated[list[AnyJob], _Many, Field(min_length=1), OneOrMore()]
    """One step or a list of steps. Each step reads the output of the step before it."""

    sink: Annotated[list[AnySink], _Many, Field(min_length=1), OneOrMore()]
    """One sink or a list of sinks. Every sink receives every row."""

    dead_letters: AnySink | None = None
    """The sink for rejected rows (the dead letter queue). Required when a source or a step can reject rows. The sink `blackhole` counts
    rejected rows and drops them."""

    dead_letter_limit: DeadLetterLimit | None = None
    """Fail the job when the share of rejected rows exceeds this limit. Without it the job never fails because of rejected rows."""

    flink: FlinkSettings = FlinkSettings()
    """How Flink runs the job: parallelism, checkpoints and further options."""

    @model_validator(mode="after")
    def _one_source(self) -> Pipeline:
        if (self.source is None) == (not self.sources):
            found = "no source" if self.source is None else "both source and sources"
            raise invalid(found=found, allowed="either source or sources", do="write exactly one of them")
        return self

    def located(self, base: Path) -> Pipeline:
        """Return the pipeline with every path resolved against the folder of the job file."""
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
        """Return the job file as plain data for a package. `put` adds a file to the package and returns its name there."""
        packed = {"job": [step.packed(put) for step in self.job]}
        return self.model_copy(update=packed).model_dump(mode="json", exclude_unset=True)

    def all_sources(self) -> dict[str, Source]:
        """Return each source by name. A single source has the name `records`."""
        if self.sources:
            return self.sources
        return {"records": self.source} if self.source else {}

    def named_sinks(self) -> dict[str, Sink]:
        """Return each sink by the name of its table, the dead letter queue included."""
        named = {f"sink_{index}": sink for index, sink in enumerate(self.sink, 1)}
        return named | ({DEAD_LETTERS: self.dead_letter_sink()} if self.dead_letters else {})

    def dead_letter_sink(self) -> Sink:
        """Return the sink for dead letters. Without a configured guarantee it has the strictest guarantee of the other sinks."""
        return (self.dead_letters or BlackholeSink()).for_dead_letters(self.sink)

    def sinks_with_rows(self) -> list[tuple[Sink, Columns]]:
        """Return each sink with the columns that it receives, the dead letter queue included. Raises Problem."""
        rows = self.output_columns()
        return [(sink, DEAD_LETTER if name == DEAD_LETTERS else rows) for name, sink in self.named_sinks().items()]

    @property
    def exactly_once(self) -> bool:
        """Whether a sink guarantees each row exactly once through transactions whose ids derive from the name of the job."""
        return any(sink.shared_ids for sink in self.sink)

    def sinks(self) -> list[Sink]:
        """Return every sink, the dead letter queue included."""
        return list(self.named_sinks().values())

    def connectors(self) -> list[Connector]:
        """Return every source and sink."""
        return [*self.all_sources().values(), *self.sinks()]

    def connector_kinds(self) -> dict[str, str]:
        """Return the kind of connector of each table, by the name of the table."""
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
        """Return the names in the jar lock of all jars that the job needs, Penstock's own jar included."""
        return {"penstock", *(name for connector in self.connectors() for name in connector.needed_jars())}

    def references(self) -> list[str]:
        """Return the distinct references to secrets, which are resolved where the job runs."""
        return list(dict.fromkeys(one for connector in self.connectors() for one in connector.references))

    def token_urls(self) -> set[str]:
        """Return the OAuth token endpoints that the JVMs of the job must allow."""
        return {url for connector in self.connectors() for url in connector.token_urls}

    def can_reject(self) -> bool:
        """Whether a source, a step or a sink can reject rows, so that the job needs `dead_letters`. Raises Problem."""
        streams = {name: source.stream() for name, source in self.all_sources().items()}
        at_edges = (*(one.rejects for one in self.all_sources().values()), *(one.rejects for one in self.sink))
        return any(at_edges) or bool(checks.steps(self, streams)[1])

    def problems(self) -> list[Problem]:
        """Return every inconsistency that can be found without a JVM, for example between steps and columns, or sinks and rows."""
        return checks.problems(self)

    def output_columns(self) -> Columns:
        """Return the columns that the sinks receive. Raises Problem."""
        return checks.steps(self, {name: source.stream() for name, source in self.all_sources().items()})[0]

    def configuration(self) -> dict[str, str]:
        """Return the Flink options of the job."""
        ttl = next((step.state_ttl for step in self.job if isinstance(step.state_ttl, timedelta)), None)
        idle = [
            s.event_time.idle_after for s in self.all_sources().values() if s.event_time and s.event_time.idle_after
        ]
        return self.flink.configuration(self.name, ttl, min(idle, default=None))

    def compose(self, env: TableEnvironment, version: str = "local", local: bool = False) -> StatementSet:
        """Return the whole job as one statement set, which is not started yet. Dead letters carry `version`. A `local` run uses other
        transactional ids than the job on a cluster, so that it neither aborts the transactions of that job nor is mistaken for it."""
        return compose(self, env, version, f"{self.name}{LOCAL}" if local else self.name)
