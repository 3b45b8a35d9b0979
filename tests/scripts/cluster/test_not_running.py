"""What a job that does not run says; the reasons in a status are tested in test_status.py."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from packages import deployed, package

from penstock.connectors.base.problems import RunError
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


@pytest.mark.parametrize(("state", "said"), [("CANCELED", True), ("FAILED", False), (None, False)])
def test_a_failed_submission_says_that_the_job_was_cancelled(tmp_path: Path, state: str | None, said: bool) -> None:
    known, problem = jobs(tmp_path, state), RunError("small: it fails again and again")
    deployed(known.ledger, package(), State.FAILED)
    found = not_running.ended(known, "small", problem, None)
    assert found.details == (("  the job was cancelled because its start failed",) if said else ())
    assert found.do == ("penstock logs small shows the whole error" if said else "")


def test_a_submission_that_was_rejected_does_not_speak_of_an_earlier_one(tmp_path: Path) -> None:
    known, problem = jobs(tmp_path, "CANCELED"), RunError("small: a job of this name runs")
    deployed(known.ledger, package(), State.FAILED)
    assert not_running.ended(known, "small", problem, not_running.failed_start(known, "small")) is problem
