from __future__ import annotations

import json

from cli import penstock


def test_the_plan_names_tables_operators_and_guarantees() -> None:
    done = penstock("plan", "conf/jobs/rolling_sum.yaml")
    assert done.returncode == 0, done.stderr
    assert "  source       files records: user string, amount double, at timestamp_ltz(3)\n" in done.stdout
    assert "GlobalWindowAggregate" in done.stdout
    assert "FilesSource: exactly once" in done.stdout


def test_the_late_flag_is_computed_in_one_place() -> None:
    plan = json.loads(penstock("plan", "conf/jobs/rolling_sum.yaml", "--format", "json").stdout)
    assert sum("CURRENT_WATERMARK" in operator["contents"] for operator in plan["operators"]) == 1


def test_no_python_runs_in_a_shipped_scenario() -> None:
    for name in ("uppercase_filter", "rolling_sum", "dedup", "regression_scoring"):
        assert "Python" not in penstock("plan", f"conf/jobs/{name}.yaml").stdout


def test_mermaid_draws_every_operator() -> None:
    lines = penstock("plan", "conf/jobs/map.yaml", "--format", "mermaid").stdout.splitlines()
    assert lines[0] == "flowchart LR"
    assert sum("-->" in line for line in lines) >= 1
