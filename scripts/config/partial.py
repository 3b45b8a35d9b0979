"""Check the valid parts of a job file whose other parts are invalid, so that all errors are reported at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from penstock.connectors.config.problems import Problem
from penstock.jobs.base.job import Job
from penstock.jobs.pipeline.flink_settings import FlinkSettings
from penstock.jobs.pipeline.pipeline import AnyJob, AnySink, AnySource, Pipeline

T = TypeVar("T")


def validate_parts(value: Mapping[str, Any], base: Path) -> list[Problem]:
    """Return the inconsistencies between the valid parts: the source, the steps before the first invalid one, and the sinks."""
    source = _valid(AnySource, value.get("source"))
    if source is None:
        return []
    steps = _leading(value.get("job"))
    sinks = [_valid(AnySink, item) for item in items(value.get("sink"))]
    whole = len(steps) == len(items(value.get("job"))) and all(sinks)
    pipeline = Pipeline.model_construct(
        name="salvaged",
        source=source,
        sources=None,
        job=steps,
        sink=[sink for sink in sinks if sink] if whole else [],
        dead_letters=_valid(AnySink, value.get("dead_letters")) or _valid(AnySink, {"blackhole": {}}),
        flink=FlinkSettings(),
    )
    return pipeline.located(base).problems()


def items(value: Any) -> list[Any]:
    """The items of a value that a job file may give alone or as a list."""
    return value if isinstance(value, list) else [value]


def _leading(value: Any) -> list[Job]:
    steps: list[Job] = []
    for item in items(value):
        step = _valid(AnyJob, item)
        if step is None:
            break
        steps.append(step)
    return steps


_adapter: Callable[[Any], TypeAdapter[Any]] = cache(
    TypeAdapter
)  # creating a TypeAdapter takes longer than the rest of a check


def _valid(kind: Any, value: Any) -> Any:
    try:
        return _adapter(kind).validate_python(value)
    except ValidationError:
        return None
