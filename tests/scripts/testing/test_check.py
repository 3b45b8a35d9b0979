"""Comparing results. tests/scripts/commands/test_test.py runs whole test files."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.connectors.config.columns import Columns
from penstock.connectors.config.problems import RunError
from penstock.connectors.config.types import parse
from penstock.jobs.base.job import NoReference
from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts.testing.cases import Case, TestFile, load_cases
from penstock.scripts.testing.check import Result, canonical, differ, rewrite, run_file
from penstock.scripts.testing.compute import Output

COLUMNS = Columns({"a": parse("int"), "x": parse("double")})
JOB = """\
name: small
source: {values: {columns: {a: int}, rows: []}}
job: {map: {function: double, of: a, to: b}}
sink: {console: {}}
"""


def case(**values: Any) -> Case:
    return Case.model_validate({"name": "one", "expect": [], **values})


def output(*rows: dict[str, Any], dead: list[tuple[str, dict[str, Any]]] | None = None) -> Output:
    return Output(COLUMNS, list(rows), dead or [])


def test_rows_in_any_order_are_as_expected() -> None:
    expected = case(expect=[{"a": 1, "x": 0.5}, {"a": 2}, {"a": 2}])
    rows: list[dict[str, Any]] = [{"a": 2, "x": None}, {"a": 1, "x": 0.5}, {"a": 2, "x": None}]
    assert differ(expected, output(*rows)) == ""
    assert differ(case(), output()) == ""


def test_missing_and_unexpected_rows_are_shown_one_per_line() -> None:
    found = differ(case(expect=[{"a": 1}, {"a": 2}, {"a": 2}]), output({"a": 2, "x": None}, {"a": 3, "x": math.nan}))
    assert found.splitlines() == [
        '- {"a": 1, "x": null}', '- {"a": 2, "x": null}', '+ {"a": 3, "x": "NaN"}'
    ]  # fmt: skip


def test_an_expected_row_that_does_not_fit_the_columns_is_named() -> None:
    text = "an expected row does not match the columns: "
    assert differ(case(expect=[{"z": 1}]), output()) == f'{text}"z", which is not a column of the result (a, x)'
    assert differ(case(expect=[{"a": "one"}]), output()).startswith(f"{text}a: 'one'")


def test_a_dead_letter_matches_by_its_reason_and_by_the_columns_that_are_written() -> None:
    dead: list[tuple[str, dict[str, Any]]] = [("late", {"a": 1, "x": 2.0}), ("late", {"a": 2, "x": None})]
    assert differ(case(dead_letters=[{"reason": "late", "row": {"a": 2}}, {"reason": "late"}]), output(dead=dead)) == ""
    found = differ(case(dead_letters=[{"reason": "late", "row": {"a": 3}}, {"reason": "null_key"}]), output(dead=dead))
    assert found.splitlines() == [
        '- dead letter late {"a": 3}',
        "- dead letter null_key",
        '+ dead letter late {"a": 1, "x": 2.0}',
        '+ dead letter late {"a": 2, "x": null}',
    ]


def test_one_dead_letter_satisfies_one_expectation() -> None:
    twice = case(dead_letters=[{"reason": "late"}, {"reason": "late"}])
    assert differ(twice, output(dead=[("late", {"a": 1})])) == "- dead letter late"


def test_a_column_that_the_dead_letter_lacks_does_not_match_null() -> None:
    wanted = case(dead_letters=[{"reason": "late", "row": {"b": None}}])
    assert differ(wanted, output(dead=[("late", {"a": 1})])).splitlines() == [
        '- dead letter late {"b": null}', '+ dead letter late {"a": 1}'
    ]  # fmt: skip


@given(value=st.floats(-1e15, 1e15), parts=st.integers(1, 7))
def test_floats_are_compared_without_their_last_bits(value: float, parts: int) -> None:
    other = math.nextafter(value, math.inf)
    if f"{value:.12g}" == f"{other:.12g}":
        assert canonical({"x": value}) == canonical({"x": other})
    assert canonical({"x": [value] * parts}) == canonical({"x": [value] * parts})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1 + 0.2, "0.3"),
        (-0.0, "0.0"),
        (1e300, "1e+300"),
        (math.nan, '"NaN"'),
        (-math.inf, '"-Infinity"'),
        (None, "null"),
        ("é", '"é"'),
        ([1.0000000000001, None], "[1.0, null]"),
        ({"k": 0.30000000000000004}, '{"k": 0.3}'),
        (b"a", '"YQ=="'),
        (datetime(2026, 1, 1, tzinfo=timezone.utc), '"2026-01-01T00:00:00Z"'),
        (2**63, str(2**63)),
    ],
)
def test_a_value_has_one_text(value: Any, text: str) -> None:
    assert canonical({"": value}) == f'{{"": {text}}}'


def test_decimals_keep_their_digits() -> None:
    assert canonical({"d": Decimal("1.10")}) != canonical({"d": Decimal("1.11")})


def made(folder: Path, text: str) -> TestFile:
    (folder / "job.yaml").write_text(JOB)
    (folder / "job_test.yaml").write_text(text)
    return load_cases(folder / "job_test.yaml")


def raises(problem: Exception) -> Callable[[Pipeline], Output]:
    def compute(pipeline: Pipeline) -> Output:
        raise problem

    return compute


@pytest.mark.parametrize(
    ("expected", "problem", "state", "text"),
    [
        ("expect: []", NoReference("it needs a clock"), "skipped", "needs --flink: it needs a clock"),
        ("expect: []", RunError("it failed"), "failed", "it failed"),
        ("error: it failed", RunError("oh: it failed"), "passed", ""),
        ("error: other", RunError("it failed"), "failed", "no 'other' in:\nit failed"),
        ("error: thirteen", ValueError("thirteen"), "passed", ""),
        ("error: ValueError", ValueError("thirteen"), "passed", ""),
        ("expect: []", ValueError("thirteen"), "failed", "ValueError: thirteen"),
    ],
)
def test_an_error_of_the_job_passes_the_test_that_expects_it(
    tmp_path: Path, expected: str, problem: Exception, state: str, text: str
) -> None:
    test = made(tmp_path, f"tests:\n  - {{name: one, {expected}}}\n")
    assert run_file(test, raises(problem)) == [Result(state, f"{test.file}:2: one", text)]


def test_a_job_that_does_not_fail_fails_the_test_that_expects_an_error(tmp_path: Path) -> None:
    test = made(tmp_path, "tests:\n  - {name: one, error: oh}\n")
    [result] = run_file(test, lambda pipeline: output())
    assert (result.state, result.text) == ("failed", "no error, but an error with 'oh' was expected")


def test_rewriting_replaces_the_expectations_and_keeps_everything_else(tmp_path: Path) -> None:
    text = (
        "# first\ntests:\n  - name: one\n    expect:\n      - {a: 9}\n      # gone\n    rows: []  # stays\n\n"
        "  - expect: []\n    name: two\n    dead_letters:\n    - {reason: late}\n# last\n"
    )
    test = made(tmp_path, text)
    rewrite(test, {0: output({"a": 1, "x": 0.5}, dead=[("late", {"a": 2})]), 1: output()})
    assert test.file.read_text() == (
        '# first\ntests:\n  - name: one\n    expect:\n      - {"a": 1, "x": 0.5}\n    dead_letters:\n'
        '      - {"reason": "late", "row": {"a": 2}}\n    rows: []  # stays\n\n'
        "  - expect: []\n    name: two\n    dead_letters: []\n# last\n"
    )
    again = load_cases(test.file)
    assert again.cases[0].expect == [{"a": 1, "x": 0.5}]
    assert differ(again.cases[0], output({"a": 1, "x": 0.5}, dead=[("late", {"a": 2})])) == ""


def test_a_text_with_line_breaks_is_rewritten_on_one_line(tmp_path: Path) -> None:
    test = made(tmp_path, "tests:\n  - {name: a, rows: [], error: x}\n  - name: b\n    expect: []\n")
    columns = Columns({"s": parse("string")})
    rewrite(test, {1: Output(columns, [{"s": "a\n# é: '\""}], [])})
    assert load_cases(test.file).cases[1].expect == [{"s": "a\n# é: '\""}]
    assert json.loads(test.file.read_text().splitlines()[-1].removeprefix("      - ")) == {"s": "a\n# é: '\""}
