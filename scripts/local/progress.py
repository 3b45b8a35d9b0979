"""What a local run has done so far, from the file that our metric reporter keeps."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from jobs.pipeline import Pipeline

_OURS = "penstock_"
_REFUSED = "penstock_refused_"


@dataclass(frozen=True)
class Progress:
    """Rows so far, over all sources and per sink; `refused` is by reason, `watermark` the sources' least.

    `filtered` is known at the end of a job whose steps give at most one row for each: in = out + filtered + refused.
    """

    rows_in: int = 0
    rows_out: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    filtered: int | None = None
    watermark: datetime | None = None
    final: bool = False

    @property
    def dead(self) -> int:
        """All refused rows."""
        return sum(self.refused.values())

    def text(self) -> str:
        """`rows in 8, out 3, filtered 5, dead letters 0`."""
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in sorted(self.refused.items()))
        parts = [f"rows in {self.rows_in:,}", f"out {self.rows_out:,}"]
        parts += [f"filtered {self.filtered:,}"] if self.filtered is not None else []
        parts += [f"dead letters {self.dead:,}" + (f" ({reasons})" if reasons else "")]
        parts += [f"watermark {self.watermark:%Y-%m-%dT%H:%M:%SZ}"] if self.watermark else []
        return ", ".join(parts)


def read(file: Path, pipeline: Pipeline) -> Progress:
    """The progress in the reporter's file; zeros where there is none yet."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Progress()
    return count(data["operators"], pipeline, bool(data["final"]))


def count(operators: Mapping[str, Mapping[str, int]], pipeline: Pipeline, final: bool = False) -> Progress:
    """Sum the counters by their names, whatever the operator: see `RowCounter.java`."""
    sums: Counter[str] = Counter()
    for values in operators.values():
        sums.update({name: value for name, value in values.items() if name.startswith(_OURS)})
    refused = {name.removeprefix(_REFUSED): value for name, value in sums.items() if name.startswith(_REFUSED)}
    rows_in, rows_out = sums[f"{_OURS}in"], sums[f"{_OURS}sink_1"]
    filtered = None
    if final and all(step.at_most_one for step in pipeline.job):
        filtered = rows_in - rows_out - sum(refused.values())
    marks = [v["currentOutputWatermark"] for v in operators.values() if "currentOutputWatermark" in v]
    return Progress(rows_in, rows_out, refused, filtered, _moment(marks), final)


def _moment(marks: list[int]) -> datetime | None:
    """The least watermark that follows from a row: those before the year 1 are of rejected records (`GuardedSchema.java`)."""
    real = [mark for mark in marks if -62_135_596_800_000 < mark < 253_000_000_000_000]
    return datetime.fromtimestamp(min(real) / 1000, timezone.utc) if real else None
