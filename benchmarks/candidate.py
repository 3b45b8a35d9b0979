"""What every candidate of `scripts/bench` has in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.scenarios import SCENARIOS, Scenario

OPTIONS = {"parallelism.default": "1", "table.exec.source.idle-timeout": "0", "rest.bind-port": "0"}

Row = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """Where a candidate reads and writes."""

    broker: str
    topic: str
    out: str
    folder: Path
    """A folder for files."""

    @property
    def options(self) -> dict[str, str]:
        """The Flink options of all candidates."""
        checkpoints = {"execution.checkpointing.interval": "10 s", "execution.checkpointing.dir": self.folder.as_uri()}
        return {**OPTIONS, **checkpoints, "pipeline.object-reuse": "true"}


@dataclass(frozen=True)
class Candidate:
    """A way to do the scenarios."""

    title: str

    run: Callable[[Scenario, Place], None]
    """Reads the topic to its end. Raises SubprocessError if a process fails, or does not end."""

    scenarios: tuple[str, ...] = tuple(SCENARIOS)
    """The scenarios that it does."""

    why_not: str = "not a part of this benchmark"
    """Why it does no other scenario."""

    share: int = 1
    """It reads one of so many records, because it would take too long for all."""

    leaves_open: bool = False
    """Whether the last windows stay open at the end of the topic."""

    packages: tuple[str, ...] = ()
    """What pip installs for it."""

    plain: Callable[[Row], Row] = lambda row: row
    """Returns a row of its output without what it adds to each."""
