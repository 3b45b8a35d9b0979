"""From what an ended job continues: its own last checkpoint, what it was started from, or nothing."""

from __future__ import annotations

from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any

import pytest

from penstock.scripts.cluster.resume_point import ResumePoint, resume_point
from penstock.scripts.flink.client import FlinkJob

AT_1, AT_2 = (datetime.fromtimestamp(second, timezone.utc) for second in (1, 2))


KEPT = {"external_path": "file:/c", "trigger_timestamp": 1000, "latest_ack_timestamp": 2000}


def flink(kept: dict[str, Any] | None, completed: int, state: str | None, failure: int | None = None) -> Any:
    job = FlinkJob("a" * 32, "j", state, 1000) if state else None
    return SimpleNamespace(
        last_kept=lambda _: kept, completed=lambda _: completed, job=lambda _: job, failed_at=lambda _: failure
    )


@pytest.mark.parametrize(
    ("cluster", "point"),
    [
        (flink(KEPT, 3, "CANCELED"), ResumePoint("file:/c", AT_1)),
        (flink(KEPT, 3, "CANCELED", failure=1999), ResumePoint("file:/c", AT_1)),
        (flink(KEPT, 3, "CANCELED", failure=2000), ResumePoint("file:/c", AT_2)),  # perhaps before it was committed
        (flink(None, 0, "FAILED"), ResumePoint("file:/s", AT_1)),
        (flink(None, 3, "FAILED"), ResumePoint()),  # its checkpoints are not kept: the savepoint is older than its output
        (flink(None, 0, None), ResumePoint()),
    ],
)  # fmt: skip
def test_a_job_continues_as_it_would_after_a_failure(cluster: Any, point: ResumePoint) -> None:
    assert resume_point(cluster, "a" * 32, "file:/s") == point


def test_a_job_that_started_without_state_and_completed_no_checkpoint_has_none() -> None:
    assert resume_point(flink(None, 0, "CANCELED"), "a" * 32, None) == ResumePoint()
