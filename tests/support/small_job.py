"""A small job that does not end and needs no Kafka: generated rows, deduplicated by id."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


def small_job(folder: Path, name: str = "small", **more: Any) -> Path:
    """Write the job file and return its path. `more` replaces top-level keys."""
    job: dict[str, Any] = {
        "name": name,
        "source": {"datagen": {"columns": {"id": "bigint", "text": "string"}, "rows_per_second": 50}},
        "job": {"dedup": {"key": "id", "keep": "first", "ttl": "1 h"}},
        "sink": {"blackhole": {}},
        "flink": {"checkpoint": "500 ms"},
    }
    file = folder / f"{name}.yaml"
    file.write_text(yaml.safe_dump({**job, **more}, sort_keys=False))
    return file
