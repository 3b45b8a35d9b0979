from __future__ import annotations

import pytest
from brokers import Stack
from small_job import small_job


def test_a_healthy_job_is_shown_and_an_unknown_name_is_an_error(stack: Stack) -> None:
    job_id = stack.json("submit", small_job(stack.folder))["job_id"]
    stack.until(lambda: (stack.json("status", "small")["rows"]["in"] or 0) > 50)
    found = stack.json("status", "small")
    assert {key: found[key] for key in ("name", "job_id", "state", "healthy", "reasons", "restarts")} == {
        "name": "small",
        "job_id": job_id,
        "state": "RUNNING",
        "healthy": True,
        "reasons": [],
        "restarts": 0,
    }
    assert set(found["rows"]) == {"in", "out", "aggregated", "filtered", "rest", "dead", "late"}
    assert found["checkpoint"]["completed"] >= 1
    text = stack.penstock("status", "small").stdout
    assert text.startswith("small: RUNNING, healthy\n  job ")
    assert stack.json("list", "--target", "session") == [
        {"name": "small", "job_id": job_id, "state": "RUNNING", "savepoint": None}
    ]
    unknown = stack.penstock("status", "smal")
    assert unknown.returncode == 1
    assert unknown.stderr.startswith(f"smal: no such job runs at {stack.flink}\n  found    small\n")


@pytest.mark.slow
def test_a_job_that_was_cancelled_elsewhere_is_reported_as_ended(stack: Stack) -> None:
    from penstock.scripts.flink.client import Flink

    job_id = stack.json("submit", small_job(stack.folder))["job_id"]
    stack.until(lambda: stack.json("status", "small")["checkpoint"]["completed"])
    flink = Flink(stack.flink)
    flink.cancel(job_id)
    flink.await_end(job_id, 30)
    found = stack.penstock("status", "small")
    assert found.returncode == 1
    assert "penstock resume small starts it from its savepoint" in found.stdout
    assert stack.json("resume", "small")["savepoint"].split("/")[-1].startswith("chk-")
