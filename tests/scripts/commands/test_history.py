from __future__ import annotations

from pathlib import Path

import pytest
from brokers import Stack
from cli import penstock
from packages import deployed, package
from small_job import small_job

from penstock.scripts.cluster.ledger import Ledger


@pytest.mark.slow
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


def test_an_unknown_name_is_an_error_that_names_the_nearest_one(tmp_path: Path) -> None:
    deployed(Ledger(tmp_path / ".penstock"), package())
    done = penstock("history", "smal", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (
        1, 'no job named smal was deployed\n  found    small\n  do       did you mean "small"?\n'
    )  # fmt: skip
