"""Counters and gauges of a running job, from the REST interface, by operator."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from scripts.cluster.flink import Flink

_COUNTERS = re.compile(r"(.+)\.(penstock_\w+|numLateRecordsDropped|failedCommittables|currentOutputWatermark)")
_BACKPRESSURE = "backPressuredTimeMsPerSecond"
_BATCH = 40


@dataclass(frozen=True)
class Metrics:
    """`operators` maps an operator's name to its counters, summed over subtasks (watermarks: the least); `backpressure` is the
    share of the last second, 0 to 1, that the most stopped subtask waited; None where the cluster does not know yet."""

    operators: dict[str, dict[str, int]]
    backpressure: float | None

    @property
    def taken(self) -> int | None:
        """When the counts of rows were taken, by the TaskManagers' clocks, in milliseconds; None where they are not known."""
        found = [values["penstock_clock"] for values in self.operators.values() if "penstock_clock" in values]
        return min(found, default=None)

    @property
    def late_dropped(self) -> int:
        """Rows that Flink's own operators dropped as late, by their own count since the last start."""
        return sum(values.get("numLateRecordsDropped", 0) for values in self.operators.values())

    @property
    def failed_committables(self) -> int | None:
        """Transactions of completed checkpoints that could not be committed: their rows may be lost."""
        found = [values["failedCommittables"] for values in self.operators.values() if "failedCommittables" in values]
        return sum(found) if found else None


def read(flink: Flink, job_id: str, vertices: list[dict[str, Any]]) -> Metrics:
    """The metrics of a job's vertices."""
    operators: dict[str, dict[str, int]] = {}
    pressures: list[float] = []
    for vertex in vertices:
        where = ("/jobs", job_id, "vertices", vertex["id"], "subtasks", "metrics")
        names = [metric["id"] for metric in flink.rest.get(*where)]
        wanted = [name for name in names if _COUNTERS.fullmatch(name) or name == _BACKPRESSURE]
        for start in range(0, len(wanted), _BATCH):
            for metric in flink.rest.get(*where, get=",".join(wanted[start : start + _BATCH])):
                if metric["id"] == _BACKPRESSURE:
                    pressures.append(float(metric["max"]) / 1000)
                elif match := _COUNTERS.fullmatch(metric["id"]):
                    kind = "min" if match[2] in ("currentOutputWatermark", "penstock_clock") else "sum"
                    operators.setdefault(match[1], {})[match[2]] = int(float(metric[kind]))
    return Metrics(operators, min(1.0, max(pressures)) if pressures else None)
