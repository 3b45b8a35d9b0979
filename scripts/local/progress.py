"""What a local run has done so far, from the file that our metric reporter keeps."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from jobs.pipeline import Pipeline


@dataclass(frozen=True)
class Progress:
    """Rows so far, over all sources and per sink; `watermark` is the sources' least, None before there is one."""

    rows_in: int = 0
    rows_out: int = 0
    dead: int = 0
    watermark: datetime | None = None
    final: bool = False

    def text(self) -> str:
        """`rows in 8, out 3, dead letters 0`."""
        mark = f", watermark {self.watermark:%Y-%m-%dT%H:%M:%SZ}" if self.watermark else ""
        return f"rows in {self.rows_in:,}, out {self.rows_out:,}, dead letters {self.dead:,}{mark}"


def read(file: Path, pipeline: Pipeline) -> Progress:
    """The progress in the reporter's file; zeros where there is none yet."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Progress()
    return count(data["operators"], pipeline, bool(data["final"]))


def count(operators: dict[str, dict[str, int]], pipeline: Pipeline, final: bool = False) -> Progress:
    """Sum the counters by operator name. A job with several sinks sends every row to each: one sink's count is the answer."""
    slug = pipeline.name.replace("-", "_")
    names = "|".join(map(re.escape, pipeline.all_sources()))
    source = re.compile(rf"Source: (KafkaSource-[\w.]*\.)?{slug}_({names})(\[\d+\])?")
    sources = [values for name, values in operators.items() if source.fullmatch(name)]
    outs: dict[str, int] = {}
    for name, values in operators.items():
        if name.startswith(f"{slug}_") and ": Writer" in name:
            outs[name] = values.get("numRecordsIn", 0)
    letters = sum(value for name, value in outs.items() if name.startswith(f"{slug}_dead_letters"))
    rows = max((value for name, value in outs.items() if not name.startswith(f"{slug}_dead_letters")), default=0)
    marks = [v["currentOutputWatermark"] for v in operators.values() if "currentOutputWatermark" in v]
    return Progress(sum(_rows(values) for values in sources), rows, letters, _moment(marks), final)


def _rows(values: dict[str, Any]) -> int:
    return int(values.get("numRecordsOut", 0))


def _moment(marks: list[int]) -> datetime | None:
    real = [mark for mark in marks if -(1 << 62) < mark < 253_000_000_000_000]
    return datetime.fromtimestamp(min(real) / 1000, timezone.utc) if real else None
