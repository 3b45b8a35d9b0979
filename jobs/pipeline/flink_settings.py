"""The `flink` section of a job file, and the Flink configuration of every job."""

from __future__ import annotations

import re
from datetime import timedelta
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, model_validator

from penstock.connectors.config.invalid import invalid
from penstock.connectors.config.model import Config
from penstock.connectors.config.problems import nearest
from penstock.connectors.config.quantities import PositiveDuration, millis

Scalar = str | int | float | bool
_OPTION = re.compile(
    r"(table\.(exec|optimizer)|execution\.checkpointing|state\.backend|restart-strategy|taskmanager\.network"
    r"|pipeline\.(object-reuse|max-parallelism|auto-watermark-interval)|python\.fn-execution)[a-z0-9.-]*"
)
_OWN_KEYS = {
    "table.exec.state.ttl": "write ttl in the step that keeps state (dedup, rolling_sum, sql)",
    "execution.checkpointing.interval": "write flink: {checkpoint: 10 s}",
    "table.exec.uid.generation": "remove it: Penstock sets it, so that an upgrade finds the saved state",
}
_RESERVED = ("table.exec.uid", "table.exec.state.ttl", "execution.checkpointing.interval")


KNOWN = Path(__file__).with_name("flink_options.txt")
"""The file with the names of all Flink options that a job file may set, one per line."""


def may_be_set(name: str) -> bool:
    """Whether a job file may set an option of this name, provided that Flink has it."""
    return _OPTION.fullmatch(name) is not None and not name.startswith(_RESERVED)


@cache
def _known() -> frozenset[str]:
    return frozenset(line for line in KNOWN.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))


def _options(options: dict[str, Scalar]) -> dict[str, Scalar]:
    for name in options:
        ours = get_close_matches(name, _OWN_KEYS, n=1, cutoff=0.85)
        if ours:
            like = "" if name == ours[0] else f", which looks like {ours[0]}"
            raise invalid(
                f'"{name[:80]}"{like}', "the key of the job file that replaces it", _OWN_KEYS[ours[0]], key=name
            )
        if not may_be_set(name):
            raise invalid(
                found=f'"{name[:80]}", which a job file must not set',
                allowed="table.exec.*, table.optimizer.*, execution.checkpointing.*, state.backend.*, restart-strategy.*, "
                "taskmanager.network.*, python.fn-execution.*, pipeline.object-reuse, pipeline.max-parallelism",
                do="remove it; set other options in the configuration of the cluster",
                key=name,
            )
        if name not in _known():
            near = nearest(name, _known()) or "look the name up in Flink's documentation"
            raise invalid(f'"{name[:80]}", which Flink does not have', "an option of Flink", near, key=name)
    return options


class State(Config):
    """Where the job keeps its state, such as open windows and the keys of `dedup`."""

    written: ClassVar[str] = "{backend: rocksdb}"

    backend: Literal["hashmap", "rocksdb"]
    """`hashmap`: in the memory of the TaskManagers, which is faster. `rocksdb`: on their local disks, so that the state may be larger than
    the memory. An upgrade may change it, because a savepoint has the same form for both."""

    incremental: bool = True
    """With `rocksdb`: a checkpoint writes only what has changed since the one before. Savepoints are always complete."""

    @model_validator(mode="after")
    def _fits(self) -> State:
        if self.backend == "hashmap" and "incremental" in self.model_fields_set:
            do = "remove incremental, or write backend: rocksdb"
            raise invalid("incremental with backend: hashmap", "incremental with backend: rocksdb", do, "incremental")
        return self

    def options(self) -> dict[str, str]:
        """Return Flink's options."""
        incremental = str(self.backend == "rocksdb" and self.incremental).lower()
        return {"state.backend.type": self.backend, "execution.checkpointing.incremental": incremental}


class FlinkSettings(Config):
    """How Flink runs the job: parallelism, checkpoints and further options."""

    written: ClassVar[str] = "{parallelism: 2, checkpoint: 10 s}"

    parallelism: Annotated[int, Field(ge=1, le=32768)] = 1
    """The number of parallel subtasks of each operator. The cluster needs at least this many free slots."""

    checkpoint: PositiveDuration = timedelta(seconds=10)
    """The checkpoint interval. The sink `files`, and the sink `kafka` with `guarantee: exactly_once`, make new rows visible when a
    checkpoint completes."""

    state: State | None = None
    """Where the job keeps its state: `{backend: rocksdb}` or `{backend: hashmap}`. Without it the configuration of the cluster decides,
    whose default is `hashmap`."""

    options: Annotated[dict[str, Scalar], AfterValidator(_options)] = {}
    """Further Flink options, option name to value. Allowed are `table.exec.*`, `table.optimizer.*`, `execution.checkpointing.*`,
    `state.backend.*`, `restart-strategy.*`, `taskmanager.network.*`, `python.fn-execution.*`, `pipeline.object-reuse`,
    `pipeline.max-parallelism` and `pipeline.auto-watermark-interval`, without options that have a key in the job file."""

    @model_validator(mode="after")
    def _once(self) -> FlinkSettings:
        twice = sorted(self.state.options().keys() & self.options.keys()) if self.state else []
        if twice:
            found = f"{twice[0]}, which flink.state sets"
            raise invalid(found, "each option once", "remove it from flink.options", "options")
        return self

    def configuration(self, name: str, ttl: timedelta | None, idle: timedelta | None) -> dict[str, str]:
        """Return every Flink option of the job, with Flink's own names."""
        options = {
            "pipeline.name": name,
            "parallelism.default": str(self.parallelism),
            "execution.checkpointing.interval": f"{millis(self.checkpoint)} ms",
            "execution.checkpointing.mode": "EXACTLY_ONCE",
            "pipeline.object-reuse": "true",
            "table.local-time-zone": "UTC",
            "table.exec.uid.generation": "ALWAYS",
            "table.exec.sink.require-on-conflict": "false",
            # Makes one operator compute the flag of rejected rows for both of its readers (see Flow.split).
            "table.optimizer.reuse-optimize-block-with-digest-enabled": "true",
        }
        if self.state:
            options |= self.state.options()
        if ttl:
            options["table.exec.state.ttl"] = f"{millis(ttl)} ms"
        if idle:
            options["table.exec.source.idle-timeout"] = f"{millis(idle)} ms"
        return options | {key: str(v).lower() if isinstance(v, bool) else str(v) for key, v in self.options.items()}
