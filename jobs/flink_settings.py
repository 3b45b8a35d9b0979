"""The `flink:` part of a job file, and the configuration that every job of ours runs with."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from connectors.config import Config
from connectors.quantities import PositiveDuration, millis
from connectors.refusal import refusal

Scalar = str | int | float | bool
_OPTION = re.compile(
    r"(table\.(exec|optimizer)|execution\.checkpointing|state\.backend|restart-strategy|taskmanager\.network"
    r"|pipeline\.(object-reuse|max-parallelism|auto-watermark-interval)|python\.fn-execution)[a-z0-9.-]*"
)
_OURS = ("table.exec.uid", "table.exec.state.ttl", "execution.checkpointing.interval")


def _options(options: dict[str, Scalar]) -> dict[str, Scalar]:
    for name in options:
        if not _OPTION.fullmatch(name) or name.startswith(_OURS):
            raise refusal(
                found=f'"{name[:80]}", which a job file may not set',
                allowed="table.exec.*, table.optimizer.*, execution.checkpointing.*, state.backend.*, restart-strategy.*, "
                "taskmanager.network.*, python.fn-execution.*, pipeline.object-reuse, pipeline.max-parallelism",
                do="take it out; the cluster's own configuration is the place for the rest",
                key=name,
            )
    return options


class FlinkSettings(Config):
    """How Flink runs the job."""

    parallelism: Annotated[int, Field(ge=1, le=32768)] = 1
    """How many subtasks each operator has."""

    checkpoint: PositiveDuration = timedelta(seconds=10)
    """A checkpoint this often. With `guarantee: exactly_once` output appears with each."""

    options: Annotated[dict[str, Scalar], AfterValidator(_options)] = {}
    """Further Flink options, from an allow-list of prefixes."""

    def configuration(self, name: str, ttl: timedelta | None, idle: timedelta | None) -> dict[str, str]:
        """Every option of the job's own, as Flink spells it."""
        options = {
            "pipeline.name": name,
            "parallelism.default": str(self.parallelism),
            "execution.checkpointing.interval": f"{millis(self.checkpoint)} ms",
            "execution.checkpointing.mode": "EXACTLY_ONCE",
            "pipeline.object-reuse": "true",
            "table.local-time-zone": "UTC",
            "table.exec.uid.generation": "ALWAYS",
            "table.exec.sink.require-on-conflict": "false",
            # One operator computes the flag of refused rows for both of its readers (see Flow.split).
            "table.optimizer.reuse-optimize-block-with-digest-enabled": "true",
        }
        if ttl:
            options["table.exec.state.ttl"] = f"{millis(ttl)} ms"
        if idle:
            options["table.exec.source.idle-timeout"] = f"{millis(idle)} ms"
        return options | {key: str(v).lower() if isinstance(v, bool) else str(v) for key, v in self.options.items()}
