"""The uid of a stateful operator depends on the meaning of its state only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from penstock.jobs.pipeline.operator_uids import Operator, stable
from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.jobs.programs.submit import prepare
from penstock.scripts.config.load import load
from penstock.scripts.jvm import gateway
from penstock.scripts.local.mini_cluster import MiniCluster

pytestmark = pytest.mark.usefixtures("cluster")

EXAMPLES = Path(__file__).parents[3] / "conf/jobs"
COLUMNS = {"user": "string", "amount": "double", "id": "bigint", "at": "timestamp_ltz(3)"}
WINDOW = {"rolling_sum": {"key": "user", "value": "amount", "window": {"tumble": "60 s"}}}


def made(*steps: dict[str, Any], **more: Any) -> Pipeline:
    source = {"columns": COLUMNS, "path": "/nowhere", "follow": "1 s", "event_time": {"column": "at"}}
    config = {
        "name": "o",
        "source": {"files": source},
        "job": list(steps),
        "sink": {"console": {}},
        "dead_letters": {"blackhole": {}},
    }
    pipeline = Pipeline.model_validate({**config, **more})
    assert pipeline.problems() == []
    return pipeline


def operators(pipeline: Pipeline) -> list[Operator]:
    env = gateway.environment(pipeline.configuration(), False)
    plan = pipeline.compose(env).compile_plan().as_json_string()
    again, found = stable(plan, pipeline.connector_kinds())
    ids = [node["id"] for node in json.loads(again)["nodes"]]
    assert len(set(ids)) == len(ids)
    return found


def uids(*steps: dict[str, Any], **more: Any) -> dict[str, int]:
    return {one.kind: one.uid for one in operators(made(*steps, **more)) if one.kind != "sink"}


def test_an_edit_to_a_filter_or_a_step_before_keeps_the_windows_state() -> None:
    plain = uids(WINDOW)
    keep = {"uppercase_filter": {"column": "user", "keep": {"starts_with": "A"}}}
    other = {"uppercase_filter": {"column": "user", "keep": {"ends_with": "Z"}}}
    doubled = {"map": {"function": "double", "of": "id", "to": "twice"}}
    assert uids(keep, WINDOW) == uids(other, WINDOW) == uids(doubled, other, WINDOW) == plain


def test_the_uid_of_a_tumbling_window_is_the_one_in_savepoints_of_the_first_release() -> None:
    """There a row came to the aggregate with the end of its window. Now it comes with the end of its slice, which is the same time."""
    [window] = [one for one in operators(made(WINDOW)) if one.kind == "global-window-aggregate"]
    assert "[TUMBLE(win_end=[$window_end], size=[1 min])]" in window.means
    assert "`$window_end` BIGINT" in window.means
    assert "slice_end" not in window.means


@pytest.mark.parametrize(
    "change",
    [
        {"window": {"tumble": "61 s"}},
        {"window": {"hop": {"size": "60 s", "slide": "30 s"}}},
        {"key": "id"},
        {"value": "id"},
    ],
    ids=str,
)
def test_another_key_window_or_value_changes_the_operator_uid(change: dict[str, Any]) -> None:
    changed = {"rolling_sum": {**WINDOW["rolling_sum"], **change}}
    before, after = uids(WINDOW), uids(changed)
    assert before["table-source-scan"] == after["table-source-scan"]
    assert before["global-window-aggregate"] != after["global-window-aggregate"]


def test_the_uid_of_a_step_that_keeps_whole_rows_depends_on_their_columns() -> None:
    last = {"dedup": {"key": "id", "keep": "last", "ttl": "1 h"}}
    wider = {"map": {"function": "double", "of": "amount", "to": "twice"}}
    sink: dict[str, Any] = {"sink": {"blackhole": {}}}
    assert uids(last, **sink)["deduplicate"] != uids(wider, last, **sink)["deduplicate"]


def test_two_operators_with_the_same_meaning_have_different_uids() -> None:
    twice = {"dedup": {"key": "id", "keep": "first", "ttl": "1 h"}}
    found = [one for one in operators(made(twice, twice)) if one.kind == "deduplicate"]
    assert len({one.uid for one in found}) == len(found) == 2


@pytest.mark.parametrize("name", ["rolling_sum", "dedup", "regression_scoring", "sql", "aggregate", "uppercase_filter"])
def test_a_renumbered_plan_outputs_the_same_rows(name: str, cluster: MiniCluster) -> None:
    pipeline = load(EXAMPLES / f"{name}.yaml").pipeline
    pipeline = pipeline.model_copy(update={"dead_letters": made(WINDOW).dead_letters})
    assert sorted(cluster.run(pipeline, renumbered=True).lines) == sorted(cluster.run(pipeline).lines)


@pytest.mark.slow
def test_a_plan_that_flink_cannot_read_back_runs_without_renumbering(cluster: MiniCluster) -> None:
    """Flink 2.3 cannot read back plans with variance or standard deviation. The uids of their operators depend on the position."""
    spread = {
        "rolling_sum": {"key": "k", "aggregates": {"d": {"standard_deviation": "n"}}, "window": {"tumble": "60 s"}}
    }
    rows = [["a", 1, "2026-01-01T00:00:00Z"], ["a", 3, "2026-01-01T00:00:01Z"]]
    columns = {"k": "string", "n": "bigint", "at": "timestamp_ltz(3)"}
    source = {"values": {"columns": columns, "rows": rows, "event_time": {"column": "at"}}}
    pipeline = made(spread, source=source)
    assert cluster.run(pipeline, renumbered=True).lines == cluster.run(pipeline).lines
    _, _, found = prepare(lambda: gateway.environment(pipeline.configuration(), False), pipeline)
    assert {"table-source-scan", "global-window-aggregate", "sink"} == {one.kind for one in found}
    _, _, again = prepare(lambda: gateway.environment(pipeline.configuration(), False), pipeline)
    assert again == found
