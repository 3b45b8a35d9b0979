"""What a job's files sink has written, as a reader sees it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def written(folder: Path) -> list[dict[str, Any]]:
    """The rows of the visible JSON Lines files, each subtask's in the order in which it wrote them."""
    files = [f for f in folder.rglob("*") if f.is_file() and not f.name.startswith(".")]
    return [json.loads(line) for file in sorted(files, key=_turn) for line in file.read_text("utf-8").splitlines()]


def _turn(file: Path) -> tuple[int, int]:
    """Flink names a file `part-<id>-<subtask>-<number>`."""
    subtask, number = file.name.split("-")[-2:]
    return int(subtask), int(number)
