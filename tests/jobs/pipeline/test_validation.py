"""Inconsistencies between the parts of a job file. tests/scripts/config/bad has their complete messages."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.connectors.config.problems import Problem
from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.jobs.pipeline.validation import problems, steps

VALUES: dict[str, Any] = {"values": {"columns": {"a": "int", "x": "double"}, "rows": []}}
DOUBLE: dict[str, Any] = {"map": {"function": "double", "of": "a", "to": "b"}}
SUM: dict[str, Any] = {"rolling_sum": {"key": "a", "value": "x", "window": {"count": 2}}}
LAST: dict[str, Any] = {"dedup": {"key": "a", "keep": "last", "ttl": "1 h"}}
HINT = "add dead_letters: {files: {path: ...}}, or dead_letters: {blackhole: {}} to count and drop rejected rows"


def made(**changes: Any) -> Pipeline:
    whole = {"name": "small", "source": VALUES, "job": DOUBLE, "sink": {"console": {}}, **changes}
    return Pipeline.model_validate({key: value for key, value in whole.items() if value is not None})


def test_a_consistent_job_has_no_problem() -> None:
    assert problems(made()) == []
    assert problems(made(job=SUM, dead_letters={"blackhole": {}})) == []


def test_a_step_that_can_reject_rows_needs_a_dead_letter_queue() -> None:
    text = "no dead_letters, but this step can reject rows (not_finite)"
    assert problems(made(job=[DOUBLE, SUM])) == [
        Problem(("job", 1, "rolling_sum"), text, "dead_letters with a sink", HINT, True)
    ]


def test_a_source_that_can_reject_records_needs_a_dead_letter_queue() -> None:
    source = {"files": {"path": "in.jsonl", "columns": {"a": "int"}, "on_error": "dead_letter"}}
    text = "dead_letter, but the job has no dead_letters"
    assert problems(made(source=source)) == [
        Problem(("source", "files", "on_error"), text, "dead_letters with a sink", HINT)
    ]


def test_a_problem_of_a_step_has_its_place_in_the_job_file_and_later_steps_are_not_checked() -> None:
    wrong = {"map": {"function": "double", "of": "aa", "to": "b"}}
    assert [(one.path, one.found, one.allowed) for one in problems(made(job=[DOUBLE, wrong, wrong]))] == [
        (("job", 1, "map", "of", 0), '"aa", which is not a column here', "a, x, b")
    ]


def test_upsert_rows_cannot_be_the_input_of_a_step() -> None:
    do = "make the step before this one the last step, or change it so that it outputs append-only rows"
    expected = Problem(("job", 1, "map"), "upsert rows as the input of this step", "append-only rows", do, True)
    assert problems(made(job=[LAST, DOUBLE])) == [expected]


def test_upsert_rows_cannot_be_written_to_each_sink() -> None:
    found = problems(made(job=LAST, sink=[{"console": {}}, {"files": {"path": "out"}}], dead_letters={"blackhole": {}}))
    assert [one.path[:3] for one in found] == [("sink", 1, "files")]


def test_several_sources_need_a_job_that_reads_several() -> None:
    text = "several sources for map, which reads one source"
    expected = Problem(("sources",), text, "source, or the job sql", "write source with a single source", True)
    assert problems(made(source=None, sources={"one": VALUES})) == [expected]


def test_all_problems_of_sources_and_of_sinks_are_reported_together() -> None:
    wrong = {"values": {"columns": {"a": "int"}, "rows": [["x"]]}}
    assert [one.path for one in problems(made(source=wrong))] == [("source", "values", "rows", 0, 0)]
    both = problems(made(source=None, sources={"one": wrong, "two": wrong}))
    assert [one.path[:2] for one in both] == [("sources", "one"), ("sources", "two"), ("sources",)]


@pytest.mark.parametrize(("first", "second"), [("1 h", "2 h"), ("1 h", "never"), ("never", "90 min")])
def test_steps_with_different_ttls_are_rejected_at_the_later_one(first: str, second: str) -> None:
    job = [{"dedup": {"key": "a", "ttl": first}}, DOUBLE, {"dedup": {"key": "x", "ttl": second}}]
    assert problems(made(job=job)) == [
        Problem(
            ("job", 2, "dedup", "ttl"),
            f"{second}, but the ttl of an earlier step is {first}",
            "the same ttl in all steps that keep state, because Flink has one setting per job",
            f"write ttl: {first} here too, or change both steps",
        )
    ]


def test_the_same_ttl_in_two_units_is_one_ttl() -> None:
    job = [{"dedup": {"key": "a", "ttl": "1 h"}}, {"dedup": {"key": "x", "ttl": "60 min"}}]
    assert problems(made(job=job)) == []


def test_a_reason_belongs_to_the_first_step_that_can_use_it() -> None:
    pipeline = made(job=[DOUBLE, SUM, {"rolling_sum": {"key": "a", "value": "total", "window": {"count": 2}}}])
    rows, reasons = steps(pipeline, {"records": pipeline.all_sources()["records"].stream()})
    assert reasons == {"not_finite": 1}
    assert {name: str(kind) for name, kind in rows.types.items()} == {"a": "int", "total": "double"}


def test_dead_letters_are_checked_like_any_other_sink() -> None:
    found = problems(made(job=SUM, sink={"files": {"path": "out"}}, dead_letters={"files": {"path": "out"}}))
    assert [one.path for one in found] == [("dead_letters", "files", "path")]
