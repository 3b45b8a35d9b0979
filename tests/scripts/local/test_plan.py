"""The plan as text. tests/scripts/commands/test_plan.py plans real jobs."""

from __future__ import annotations

import json
from typing import Any

from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts.local.plan import Operator, Plan, _operators, _tables, guarantees, mermaid, text

PLAN = Plan(
    "small",
    [("source", "values records", "a int"), ("sink", "console", "a int, b bigint")],
    [Operator(1, "Source", "Source: records", 1, []), Operator(2, "Calc", 'a < 3 AND b > "x"', 2, [(1, "FORWARD")])],
    ["source values: exactly once."],
)


def pipeline(**changes: Any) -> Pipeline:
    source = {"values": {"columns": {"a": "int"}, "rows": []}}
    job = {"map": {"function": "double", "of": "a", "to": "b"}}
    return Pipeline.model_validate({"name": "small", "source": source, "job": job, "sink": {"console": {}}, **changes})


def test_operators_are_read_from_what_flink_prints() -> None:
    nodes = [
        {"id": 1, "type": "Source: t", "contents": "Source: default_catalog.default_database.records[1]", "parallelism": 1},
        {"id": 3, "type": "Calc", "contents": "[3]:Calc(select=[a])", "parallelism": 2,
         "predecessors": [{"id": 1, "ship_strategy": "HASH"}]},
    ]  # fmt: skip
    raw = f"== AST ==\n{{}}\n\n== Physical Execution Plan ==\n{json.dumps({'nodes': nodes})}"
    assert _operators(raw) == [
        Operator(1, "Source: t", "Source: records[1]", 1, []),
        Operator(3, "Calc", "Calc(select=[a])", 2, [(1, "HASH")]),
    ]


def test_the_plan_is_told_in_the_words_of_the_job_file() -> None:
    assert text(PLAN, pipeline()).splitlines() == [
        "small",
        "",
        "  source       values records: a int",
        "  step 1       map: function double, of a, to b",
        "  sink         console: a int, b bigint",
        "",
        "guarantees",
        "  source values: exactly once.",
        "",
        "Flink runs this as 2 operators; --verbose shows them",
    ]


def test_verbose_adds_the_operators_and_their_inputs() -> None:
    assert text(PLAN, pipeline(), verbose=True).splitlines()[-3:] == [
        "operators", "    1  x1  Source: records", '    2  x2  a < 3 AND b > "x" <- 1 forward'
    ]  # fmt: skip


def test_a_flowchart_has_a_node_for_each_operator_and_no_character_that_ends_a_label() -> None:
    assert mermaid(PLAN).splitlines() == [
        "flowchart LR",
        '    n1["Source: records x1"]',
        "    n2[\"a ‹ 3 AND b › 'x' x2\"]",
        "    n1 -->|forward| n2",
    ]


def test_tables_are_the_sources_the_sinks_and_the_dead_letter_queue() -> None:
    found = _tables(pipeline(sink=[{"console": {}}, {"blackhole": {}}], dead_letters={"blackhole": {}}))
    assert found[:3] == [
        ("source", "values records", "a int"),
        ("sink", "console", "a int, b bigint"),
        ("sink", "blackhole", "a int, b bigint"),
    ]
    role, name, columns = found[3]
    assert (role, name) == ("dead letters", "blackhole")
    assert columns.startswith("reason string, error string")


def test_a_guarantee_is_one_sentence_and_names_the_chosen_one() -> None:
    kafka = {"kafka": {"bootstrap": "b:1", "topic": "t", "guarantee": "exactly_once"}}
    found = guarantees(
        pipeline(sink=[{"blackhole": {}}, kafka], dead_letters={"kafka": {"bootstrap": "b:1", "topic": "d"}})
    )
    assert found == [
        "source values: exactly once.",
        "sink blackhole: none. No row is kept.",
        "sink kafka: exactly_once (one Kafka transaction per checkpoint: readers with `isolation.level=read_committed` see the rows "
        "when their checkpoint completes)",
        "dead_letters kafka: at_least_once (after a failure, rows may be repeated)",
    ]


def test_the_plan_is_json() -> None:
    assert json.loads(json.dumps(PLAN.as_dict()))["operators"][1]["inputs"] == [[1, "FORWARD"]]
