"""Reads the visible output of a job's files sink."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def written(folder: Path) -> list[dict[str, Any]]:
    """The rows of the visible JSON Lines files. The rows of each subtask are in the order in which it wrote them."""
    files = [f for f in folder.rglob("*") if f.is_file() and not f.name.startswith(".")]
    return [json.loads(line) for file in sorted(files, key=_order) for line in file.read_text("utf-8").splitlines()]


def _order(file: Path) -> tuple[int, int]:
    """Subtask and number of a file, which Flink names `part-<id>-<subtask>-<number>`."""
    subtask, number = file.name.split("-")[-2:]
    return int(subtask), int(number)
