from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from brokers import Stack
from cli import penstock
from small_job import small_job

from penstock.scripts.cluster.ledger import Ledger
from penstock.scripts.cluster.records import State
from penstock.scripts.flink.client import Flink


def test_everything_that_can_be_named_is_listed() -> None:
    found = json.loads(penstock("list", "--output", "json").stdout)
    assert set(found["jobs"]) == {"dedup", "map", "regression_scoring", "rolling_sum", "sql", "uppercase_filter"}
    assert set(found["sources"]) == {"datagen", "files", "kafka", "mqtt", "rabbitmq", "values"}
    assert set(found["sinks"]) == {
        "blackhole", "console", "files", "http", "kafka", "mongodb", "mysql", "opensearch", "postgres", "rabbitmq",
    }  # fmt: skip


def test_one_kind_alone() -> None:
    text = penstock("list", "sinks").stdout
    assert text.startswith("sinks:\n  blackhole ")
    assert "jobs:" not in text


def test_a_misspelt_command_is_corrected() -> None:
    done = penstock("lst")
    assert done.returncode == 2
    assert 'no command "lst": did you mean "list"?' in done.stderr


def _listed(stack: Stack, name: str) -> tuple[str, bool]:
    [found] = [one for one in stack.json("list", "--target", "session") if one["name"] == name]
    return found["state"], bool(found["savepoint"])


def test_a_job_that_ended_without_the_ledger_is_not_listed_as_running(stack: Stack) -> None:
    job_id = stack.json("submit", small_job(stack.folder))["job_id"]
    assert _listed(stack, "small") == ("RUNNING", False)
    stack.until(lambda: stack.json("status", "small")["checkpoint"]["completed"])
    flink = Flink(stack.flink)
    flink.cancel(job_id)
    flink.await_end(job_id, 30)
    assert _listed(stack, "small") == ("STOPPED", True)

    ledger = Ledger(Path(stack.folder) / ".penstock")
    with sqlite3.connect(ledger.file) as database:
        database.execute(
            "UPDATE deploys SET state = 'running', job_id = ?, savepoint = NULL WHERE id = ?",
            ["0" * 32, ledger.deployments("small")[0].id],
        )
    assert _listed(stack, "small") == ("LOST", False), "the cluster does not know this job"


def test_a_job_that_the_ledger_has_seen_end_is_not_listed_as_running_whatever_an_old_answer_says(stack: Stack) -> None:
    stack.json("submit", small_job(stack.folder, "old-answer"))
    ledger = Ledger(Path(stack.folder) / ".penstock")
    ledger.update(ledger.deployments("old-answer")[0].id, State.STOPPED, savepoint="file:/somewhere")
    assert _listed(stack, "old-answer") == ("STOPPED", True)
    assert stack.json_any("status", "old-answer")["state"] == "STOPPED"
