from __future__ import annotations

from pathlib import Path

from brokers import Stack
from cli import penstock
from small_job import small_job


def test_each_deployment_shows_who_when_and_from_which_savepoint(stack: Stack) -> None:
    stack.json("submit", small_job(stack.folder))
    path = stack.json("stop", "small")["savepoint"]
    stack.json("resume", "small")
    last, first = stack.json("history", "small")
    assert (first["action"], first["state"], first["savepoint"]) == ("submit", "stopped", path)
    assert (last["action"], last["state"], last["from_savepoint"]) == ("resume", "running", path)
    assert (first["config_hash"], first["code_hash"]) == (last["config_hash"], last["code_hash"])
    assert "@" in first["by"]
    assert {one["kind"] for one in first["operators"]} == {"deduplicate", "table-source-scan", "sink"}


def test_an_empty_ledger_has_no_deployments(tmp_path: Path) -> None:
    assert penstock("history", cwd=tmp_path).stdout == "no deployments\n"
