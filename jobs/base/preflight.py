"""A look at the outside world before a job starts: files, brokers, topics."""

from __future__ import annotations

from collections.abc import Callable

from penstock.connectors.kafka.preflight import MissingTopics
from penstock.connectors.kafka.secrets import NotHere
from penstock.jobs.base import loops
from penstock.jobs.base.pipeline import Pipeline


def preflight(pipeline: Pipeline, not_here: Callable[[NotHere], None] | None = None) -> None:
    """Raise RunError for what does not exist (every missing topic at once), and for a job that reads what it writes.

    `not_here` is told what is not on this machine; without it that is an error too.
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
