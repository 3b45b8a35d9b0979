"""Counters and gauges of a running job, from the REST interface, by operator."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from penstock.scripts.flink.client import Flink

_COUNTERS = re.compile(r"(.+)\.(penstock_\w+|numLateRecordsDropped|failedCommittables|currentOutputWatermark)")
_AGGREGATES = {"currentOutputWatermark": "min", "penstock_clock": "min", "penstock_waiting_ms": "max"}
_SPLIT = re.compile(r".+\.split\.(.+)\.watermark\.currentWatermark")
_SOURCE = "Source__"
PARTITION = "the partition "
UNSET = -(1 << 62)
"""Flink's watermark before the first row is far below this."""

_BACKPRESSURE = "backPressuredTimeMsPerSecond"
_BATCH = 40
_WAIT = 3.0


@dataclass(frozen=True)
class Metrics:
    """`operators` maps an operator's name to its counters, summed over subtasks (of watermarks: the minimum). `backpressure` is the share
    of the last second, 0 to 1, for which the slowest subtask was blocked; None while the cluster does not know it. `watermarks` holds
    those of the sources' partitions, and of the least advanced subtask of each source, by a name for people."""

    operators: dict[str, dict[str, int]]
    backpressure: float | None
    watermarks: dict[str, int] = field(default_factory=dict)

    @property
    def taken(self) -> int | None:
        """When the rows were counted, by the TaskManagers' clocks, in milliseconds since 1970; None when that is unknown."""
        found = [values["penstock_clock"] for values in self.operators.values() if "penstock_clock" in values]
        return min(found, default=None)

    @property
    def late_dropped(self) -> int:
        """Rows that Flink's own operators dropped as late, by their own count since the last start."""
        return sum(values.get("numLateRecordsDropped", 0) for values in self.operators.values())

    @property
    def waiting(self) -> dict[str, float]:
        """The sinks and sources whose system does not answer, with the seconds since then (`BatchOperator.java`, `MessageLink.java`)."""
        found = {name: values.get("penstock_waiting_ms", 0) / 1000 for name, values in self.operators.items()}
        return {name: seconds for name, seconds in found.items() if seconds >= 1}

    @property
    def failed_committables(self) -> int | None:
        """Transactions of completed checkpoints that could not be committed: their rows may be lost."""
        found = [values["failedCommittables"] for values in self.operators.values() if "failedCommittables" in values]
        return sum(found) if found else None


def read(flink: Flink, job_id: str, vertices: list[dict[str, Any]]) -> Metrics:
    """The metrics of a job's vertices."""
    operators: dict[str, dict[str, int]] = {}
    pressures: list[float] = []
    watermarks: dict[str, int] = {}
    for vertex in vertices:
        where = ("/jobs", job_id, "vertices", vertex["id"], "subtasks", "metrics")
        names = [metric["id"] for metric in flink.rest.get(*where)]
        wanted = [n for n in names if _COUNTERS.fullmatch(n) or _SPLIT.fullmatch(n) or n == _BACKPRESSURE]
        for start in range(0, len(wanted), _BATCH):
            for metric in flink.rest.get(*where, get=",".join(wanted[start : start + _BATCH])):
                if metric["id"] == _BACKPRESSURE:
                    pressures.append(float(metric["max"]) / 1000)
                elif match := _SPLIT.fullmatch(metric["id"]):
                    watermarks[f"{PARTITION}{match[1]}"] = int(float(metric["min"]))
                elif match := _COUNTERS.fullmatch(metric["id"]):
                    kind = _AGGREGATES.get(match[2], "sum")
                    operators.setdefault(match[1], {})[match[2]] = int(float(metric[kind]))
                    if match[1].startswith(_SOURCE) and match[2] == "currentOutputWatermark":
                        marks = {"least": int(float(metric["min"])), "most": int(float(metric["max"]))}
                        watermarks |= {
                            f"the {name} advanced subtask of {match[1]}": mark for name, mark in marks.items()
                        }
    return Metrics(operators, min(1.0, max(pressures)) if pressures else None, watermarks)


def fresh(flink: Flink, job_id: str, vertices: list[dict[str, Any]]) -> Metrics:
    """Metrics that are newer than this call, or not older than the cluster's update interval where that is long; else empty metrics.

    The cluster fetches metrics on request, but at most once in that interval, and answers with the ones that it has, no matter how
    old. So this asks until they are new. The cluster may also wait for a lost TaskManager: then its metrics never become new.
    """
    first = found = read(flink, job_id, vertices)
    until = time.monotonic() + _WAIT
    while found.taken is None or found.taken == first.taken:
        if time.monotonic() > until:
            interval = _interval(flink.configuration())
            recent = found.taken is not None and interval > _WAIT and time.time() - found.taken / 1000 < interval + 2
            return found if recent else Metrics({}, None)
        time.sleep(0.2)
        found = read(flink, job_id, vertices)
    return found


def _interval(config: Mapping[str, str]) -> float:
    """The cluster's minimum time between two fetches of metrics, in seconds."""
    said = re.fullmatch(r"(\d+) *(ms|s|min|)", config.get("metrics.fetcher.update-interval", ""))
    return int(said[1]) * {"s": 1.0, "min": 60.0}.get(said[2], 0.001) if said else 10.0
