from __future__ import annotations

from brokers import Stack
from small_job import small_job


def test_the_logs_of_client_and_cluster(stack: Stack) -> None:
    job_id = stack.json("submit", small_job(stack.folder))["job_id"]
    assert stack.penstock("logs", "small").stdout == "small: no failure was recorded\n"
    assert job_id in stack.penstock("logs", "small", "--of", "jobmanager", "--lines", "2000").stdout
    assert stack.penstock("logs", "small", "--of", "taskmanager").stdout.count("== taskmanager-") == 2
    assert "== " in stack.penstock("logs", "small", "--of", "client").stdout
