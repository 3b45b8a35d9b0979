"""The progress of a run: the counters of its operators, and values derived from them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from penstock.connectors.base.row_counting import REJECTED_BY_SINK
from penstock.jobs.base.job import AGGREGATED, Job
from penstock.jobs.pipeline.pipeline import Pipeline

_OURS = "penstock_"
_REFUSED = "penstock_refused_"


@dataclass(frozen=True)
class Progress:
    """Rows so far: `rows_in` over all sources, `rows_out` of the first sink, `rejected` by reason. `watermark` is the minimum of the
    sources.

    `aggregated` counts rows in windows that were output; None for a job without windows (docs/accounting.md). These values are counted.
    `rest` is derived: the input rows that none of the other terms contains; None where no such equation holds. `leaves_out` contains the
    words for rows that a step leaves out (`filtered`, `superseded`). `open` means that an open window may contain them, `never_output` that
    such a window may stay open at the end of the input.
    """

    rows_in: int = 0
    rows_out: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    aggregated: int | None = None
    rest: int | None = None
    leaves_out: tuple[str, ...] = ()
    open: bool = False
    never_output: bool = False
    watermark: datetime | None = None
    final: bool = False

    @property
    def dead(self) -> int:
        """Return the number of all rejected rows."""
        return sum(self.rejected.values())

    @property
    def filtered(self) -> int | None:
        """Return the rest if it can only consist of rows that a step filtered; otherwise None."""
        return self.rest if not self.open and self.leaves_out in ((), ("filtered",)) else None

    def rest_is(self, finished: bool = False) -> str:
        """Return what the rest consists of. `finished`: the job has read all of its input and ended by itself."""
        words = list(self.leaves_out)
        if self.open and (not finished or self.never_output):
            words.append("in open windows")
        if words or (not self.rest and not self.open):
            return " or ".join(words or ["filtered"])
        return "unaccounted" if finished else "on the way"

    def text(self, finished: bool = False) -> str:
        """Return text such as `rows in 8, out 3, filtered 5, dead letters 0`."""
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in sorted(self.rejected.items()))
        parts = [f"rows in {self.rows_in:,}", f"out {self.rows_out:,}"]
        parts += [f"aggregated {self.aggregated:,}"] if self.aggregated is not None else []
        if self.rest is not None and (self.rest or not self.open):
            parts.append(f"{self.rest_is(finished)} {self.rest:,}")
        parts += [f"dead letters {self.dead:,}" + (f" ({reasons})" if reasons else "")]
        parts += [f"watermark {self.watermark:%Y-%m-%dT%H:%M:%SZ}"] if self.watermark else []
        return ", ".join(parts)


def read(file: Path, pipeline: Pipeline) -> Progress:
    """Return the progress from the file of the reporter; zeros while the file does not exist."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Progress()
    return count(data["operators"], pipeline, bool(data["final"]))


def count(operators: Mapping[str, Mapping[str, int]], pipeline: Pipeline, final: bool = False) -> Progress:
    """Sum the counters of all operators by name: see `RowCounter.java`."""
    sums: Counter[str] = Counter()
    for values in operators.values():
        sums.update({name: value for name, value in values.items() if name.startswith(_OURS)})
    rejected = {name.removeprefix(_REFUSED): value for name, value in sums.items() if name.startswith(_REFUSED)}
    rows_in, rows_out = sums[f"{_OURS}in"], sums[f"{_OURS}sink_1"]
    marks = [v["currentOutputWatermark"] for v in operators.values() if "currentOutputWatermark" in v]
    steps = _until_windows(pipeline)
    windows = steps[-1].windows_a_row
    aggregated = sums[f"{_OURS}{AGGREGATED}"] if windows is not None else None
    return Progress(
        rows_in, rows_out, rejected, aggregated,
        _rest(pipeline, steps, rows_in, rows_out if aggregated is None else aggregated, rejected) if final else None,
        tuple(dict.fromkeys(step.leaves_out for step in steps if step.leaves_out)),
        windows is not None, steps[-1].keeps_open_windows, _timestamp(marks), final,
    )  # fmt: skip


def _until_windows(pipeline: Pipeline) -> list[Job]:
    """Return the steps up to the first one with windows. Later steps process other rows."""
    end = next((index for index, step in enumerate(pipeline.job) if step.windows_a_row is not None), len(pipeline.job))
    return pipeline.job[: end + 1]


def _rest(pipeline: Pipeline, steps: list[Job], rows_in: int, done: int, rejected: Mapping[str, int]) -> int | None:
    """Return the number of input rows that were neither output (or aggregated) nor rejected.

    None where the equation does not hold per row: for `sql`, for `cumulate` windows, and where rows that another step rejects cannot be
    distinguished from those that the window step rejects, or rows that a second sink rejects from those that the first one rejects.
    Raises Problem.
    """
    at_sinks = rejected.get(REJECTED_BY_SINK, 0)
    if at_sinks and any(sink.rejects for sink in pipeline.sink[1:]):
        return None
    windows = steps[-1].windows_a_row
    if not all(step.at_most_one or step.windows_a_row for step in steps):
        return None
    late = 0
    if windows:
        reasons = _reasons(pipeline)
        before, after = reasons[: len(steps) - 1], reasons[len(steps) :]
        if any(after) or any("late" in of_step for of_step in before):
            return None
        rejected = {
            reason: rows for reason, rows in rejected.items() if reason != REJECTED_BY_SINK
        }  # after the windows
        late = rejected.get("late", 0)  # a window step counts pairs of row and window here, as it does for `aggregated`
    rows = rows_in - (sum(rejected.values()) - late)
    return -(-(rows * (windows or 1) - done - late) // (windows or 1))


def _reasons(pipeline: Pipeline) -> list[tuple[str, ...]]:
    """Return the reasons for which each step can reject rows."""
    rows, found = next(iter(pipeline.all_sources().values())).stream(), []
    for step in pipeline.job:
        found.append(step.reject_reasons(rows))
        rows = step.output_columns(rows)
    return found


def _timestamp(marks: list[int]) -> datetime | None:
    """Return the minimum watermark that derives from a row. Watermarks before the year 1 derive from rejected records
    (`GuardedSchema.java`)."""
    real = [mark for mark in marks if -62_135_596_800_000 < mark < 253_000_000_000_000]
    return datetime.fromtimestamp(min(real) / 1000, timezone.utc) if real else None
