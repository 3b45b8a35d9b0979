"""What a job that does not run says; the reasons in a status are tested in test_status.py."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from packages import deployed, package

from penstock.scripts.cluster import not_running
from penstock.scripts.cluster.ledger import Ledger
from penstock.scripts.cluster.records import State
from penstock.scripts.flink.client import FlinkJob


def jobs(folder: Path, state: str | None) -> Any:
    job = FlinkJob("a" * 32, "small", state, 0) if state else None
    return SimpleNamespace(ledger=Ledger(folder), target_name="session", flink=SimpleNamespace(job=lambda job_id: job))


def test_only_the_newest_deployment_counts_as_a_failed_start(tmp_path: Path) -> None:
    known = jobs(tmp_path, None)
    deployed(known.ledger, package(), State.FAILED)
    assert not_running.failed_start(known, "small")
    deployed(known.ledger, package(), State.RUNNING)
    assert not_running.failed_start(known, "small") is None
