"""Find a partition or a source subtask without rows that holds the watermark back: while it does, no window is output."""

from __future__ import annotations

import time
from collections.abc import Callable

from penstock.connectors.config.problems import Problem
from penstock.connectors.config.quantities import millis
from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts.flink.metrics import PARTITION, UNSET, Metrics

_BEHIND = 60_000
_BETWEEN = 3.0


def blocked(pipeline: Pipeline, first: Metrics, again: Callable[[], Metrics]) -> list[str]:
    """A reason for each partition or subtask that holds the watermark back. A suspect has no watermark yet, or one that is over a minute
    (and `out_of_order`) behind the others. Suspects are measured again some seconds later and named only when their watermark has not
    advanced while the others' has. So a partition that is merely slower, or a topic without new rows, is not named."""
    sources = [source.event_time for source in pipeline.all_sources().values() if source.event_time]
    if not sources or any(one.idle_after for one in sources) or not _waits(pipeline):
        return []
    limit = _BEHIND + max(millis(one.out_of_order) for one in sources)
    suspects = _behind(first, limit)
    if not suspects:
        return []
    time.sleep(_BETWEEN)
    second = again()
    advanced = _newest(second) > _newest(first)
    return [
        _reason(name, second.watermarks[name], _newest(second))
        for name in suspects & _behind(second, limit)
        if second.watermarks[name] == first.watermarks[name] and (advanced or second.watermarks[name] <= UNSET)
    ]


def _waits(pipeline: Pipeline) -> bool:
    """Whether a step waits for the watermark: one that has late rows, or `sql`, where this is unknown."""
    rows = next(iter(pipeline.all_sources().values())).stream()
    try:
        for step in pipeline.job:
            if "late" in step.reject_reasons(rows) or not (step.at_most_one or step.windows_a_row is not None):
                return True
            rows = step.output_columns(rows)
    except Problem:
        return True
    return False


def _newest(measured: Metrics) -> int:
    return max(measured.watermarks.values(), default=UNSET)


def _behind(measured: Metrics, limit: int) -> set[str]:
    """The partitions that are behind, or else the subtasks: a subtask may have no partition at all."""
    newest = _newest(measured)
    if newest <= UNSET:
        return set()
    found = {name for name, mark in measured.watermarks.items() if mark <= UNSET or newest - mark > limit}
    return {name for name in found if name.startswith(PARTITION)} or found


def _reason(name: str, mark: int, newest: int) -> str:
    since = "has had no row" if mark <= UNSET else f"is {(newest - mark) / 1000:,.0f} s behind the newest, without rows"
    return (
        f"{name} {since} and holds the watermark back: no window is output;"
        " set source event_time.idle_after (such as 30 s), so that one without rows is not waited for"
    )
