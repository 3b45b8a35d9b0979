"""Check files, brokers and topics before a job starts."""

from __future__ import annotations

from collections.abc import Callable

from penstock.connectors.kafka.preflight import MissingTopics
from penstock.connectors.kafka.secrets import NotHere
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
    if missing:
        raise MissingTopics.together(missing)
    loops.reject(pipeline)
