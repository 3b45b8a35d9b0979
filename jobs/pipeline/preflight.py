"""Check files, brokers and topics before a job starts."""

from __future__ import annotations

from collections.abc import Callable

from penstock.connectors.base.sink import Sink
from penstock.connectors.config.columns import Columns
from penstock.connectors.config.model import registered
from penstock.connectors.config.problems import RunError
from penstock.connectors.config.secrets import NotHere
from penstock.connectors.kafka.preflight import MissingTopics
from penstock.connectors.registry import SINKS
from penstock.jobs.pipeline import loops
from penstock.jobs.pipeline.pipeline import Pipeline


def preflight(pipeline: Pipeline, not_here: Callable[[NotHere], None] | None = None) -> None:
    """Check that files, brokers and topics exist and that the job does not read its own output. Raises RunError; one error lists all
    missing topics.

    `not_here` is called for each secret or file that exists only where the job runs. Without it a missing one is an error.
    """
    missing: list[MissingTopics] = []
    for connector in pipeline.connectors():
        try:
            connector.preflight()
        except MissingTopics as problem:
            missing.append(problem)
        except NotHere as problem:
            if not not_here:
                raise
            not_here(problem)
    for sink, rows in pipeline.sinks_with_rows():
        try:
            _compare(sink, rows)
        except NotHere as problem:
            if not not_here:
                raise
            not_here(problem)
    if missing:
        raise MissingTopics.together(missing)
    loops.reject(pipeline)


def _compare(sink: Sink, rows: Columns) -> None:
    """Create what the sink needs in the other system, and check that it can hold the rows. Raises RunError."""
    for finding in sink.compare(rows, prepare=True):
        if finding.state == "bad":
            raise RunError(f"sink {registered(SINKS, sink)}: {finding.what}: {finding.found}", do=finding.do)
