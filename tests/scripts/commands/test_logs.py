from __future__ import annotations

import json

from brokers import Stack
from small_job import small_job


def test_the_logs_of_client_and_cluster(stack: Stack) -> None:
    own_log = {"OWN_JVM": "1"}  # the JVM that tests share has one log for all commands
    job_id = json.loads(stack.penstock("submit", small_job(stack.folder), "--output", "json", **own_log).stdout)[
        "job_id"
    ]
    assert stack.penstock("logs", "small").stdout == "small: no failure was recorded\n"
    assert job_id in stack.penstock("logs", "small", "--of", "jobmanager", "--lines", "2000").stdout
    assert stack.penstock("logs", "small", "--of", "taskmanager").stdout.count("== taskmanager-") == 2
    assert "== " in stack.penstock("logs", "small", "--of", "client").stdout
