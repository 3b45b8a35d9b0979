from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from cli import penstock
from small_job import small_job


def test_the_plan_shows_the_job_files_words_first_and_operators_when_verbose() -> None:
    done = penstock("plan", "conf/jobs/rolling_sum.yaml")
    assert "\n  step 1       rolling_sum: key user, value amount, window {tumble: 1 min}\n" in done.stdout
    assert "GlobalWindowAggregate" not in done.stdout
    assert done.stdout.endswith(" operators; --verbose shows them\n")
    done = penstock("plan", "conf/jobs/rolling_sum.yaml", "--verbose")
    assert done.returncode == 0, done.stderr
    assert "  source       files records: user string, amount double, at timestamp_ltz(3)\n" in done.stdout
    assert "GlobalWindowAggregate" in done.stdout
    assert "  source files: exactly once" in done.stdout


def test_the_late_flag_is_computed_in_one_place() -> None:
    plan = json.loads(penstock("plan", "conf/jobs/rolling_sum.yaml", "--format", "json").stdout)
    assert sum("CURRENT_WATERMARK" in operator["contents"] for operator in plan["operators"]) == 1
    [aggregate] = [one["contents"] for one in plan["operators"] if "LocalWindowAggregate" in one["contents"]]
    assert "TUMBLE(time_col=[at]" in aggregate  # rows are assigned to windows here, and not by an operator before


@pytest.mark.slow
def test_no_python_runs_in_a_shipped_scenario() -> None:
    for name in ("uppercase_filter", "rolling_sum", "dedup", "regression_scoring"):
        assert "Python" not in penstock("plan", f"conf/jobs/{name}.yaml", "--verbose").stdout


def test_mermaid_draws_every_operator() -> None:
    lines = penstock("plan", "conf/jobs/map.yaml", "--format", "mermaid").stdout.splitlines()
    assert lines[0] == "flowchart LR"
    assert sum("-->" in line for line in lines) >= 1


def test_a_finding_about_several_connectors_is_shown_once(
    kafka: str, topic: Callable[..., str], tmp_path: Path
) -> None:
    topic("planned")
    topic("planned-dead")
    sink = {"bootstrap": kafka, "guarantee": "exactly_once"}
    job = small_job(
        tmp_path,
        source={"datagen": {"columns": {"id": "bigint", "text": "string"}, "rows_per_second": 1}},
        sink=[{"kafka": {**sink, "topic": "planned"}}, {"kafka": {**sink, "topic": "planned-dead"}}],
    )
    lines = penstock("plan", job, "--brokers").stdout.splitlines()
    found = lines[: lines.index("small")]
    assert [re.split("  +", line)[:2] for line in found] == [
        ["state", "check"],
        ["warn", "topic planned"],
        ["ok", "transaction timeout"],
        ["warn", "transaction log"],
        ["warn", "topic planned-dead"],
    ]


def test_every_missing_topic_is_in_one_error_with_one_command(kafka: str, tmp_path: Path) -> None:
    read = {"bootstrap": kafka, "topic": ["qqq", "rrr"], "group": "x", "columns": {"id": "bigint"}, "start": "earliest"}
    job = small_job(
        tmp_path,
        source={"kafka": {**read, "on_error": "dead_letter"}},
        sink={"kafka": {"bootstrap": kafka, "topic": "sss"}},
        dead_letters={"kafka": {"bootstrap": kafka, "topic": "ttt"}},
    )
    done = penstock("run", job)
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == "; ".join(
        f'{who} kafka: the topic "{name}" does not exist on {kafka}'
        for who, name in (("source", "qqq"), ("source", "rrr"), ("sink", "sss"), ("sink", "ttt"))
    )
    command = done.stderr.splitlines()[-1].removeprefix("  do       penstock ")
    assert command == f"topics create qqq rrr sss ttt --bootstrap {kafka}"
    assert penstock(*command.split()).stdout.count("created ") == 4
    assert penstock("run", job, "--timeout", "1").returncode == 0


def test_a_loop_through_another_address_of_the_brokers_is_found(
    kafka: str, topic: Callable[..., str], tmp_path: Path
) -> None:
    from tests.faults.proxy import Proxy

    topic("round")
    proxy = Proxy(int(kafka.rpartition(":")[2]))
    read = {"bootstrap": kafka, "topic": "round", "group": "x", "columns": {"id": "bigint"}}
    write = {"bootstrap": f"127.0.0.1:{proxy.port}", "topic": "round"}
    job = small_job(tmp_path, source={"kafka": read}, sink={"kafka": write})
    assert penstock("validate", job).returncode == 0
    done = penstock("run", job)
    assert done.returncode == 1
    assert "small: the source reads what sink_1 writes" in done.stderr
    assert re.search(r"bad +loop +the source reads what sink_1 writes", penstock("doctor", "--job", job).stdout)
    meant = small_job(tmp_path, source={"kafka": read}, sink={"kafka": {**write, "allow_loop": True}})
    assert re.search(r"warn +loop +the source reads what sink_1 writes", penstock("doctor", "--job", meant).stdout)
