"""Test rows in place of a source, and the plain-Python result. tests/scripts/commands/test_test.py runs both forms."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from penstock.connectors.config.columns import Columns
from penstock.connectors.config.problems import ConfigError
from penstock.connectors.config.types import parse
from penstock.connectors.values import ValuesSource
from penstock.jobs.base.job import NoReference
from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts.testing.cases import Case, TestFile, load_cases
from penstock.scripts.testing.compute import _current, by_reference, decoded, job_of

JOB = """\
name: small
source:
  kafka: {bootstrap: "b:1", topic: t, group: g, columns: {a: int not null, t: bigint}, event_time: {column: t, unit: s}}
job: {map: {function: double, of: a, to: b}}
sink: {console: {}}
flink: {parallelism: 4}
"""
SEVERAL = """\
name: small
sources:
  one: {values: {columns: {a: int}, rows: []}}
  two: {values: {columns: {b: int}, rows: []}}
job: {sql: {query: SELECT a FROM one, columns: {a: int}}}
sink: {console: {}}
"""


def file(folder: Path, job: str = JOB) -> TestFile:
    (folder / "job.yaml").write_text(job)
    (folder / "job_test.yaml").write_text("tests: [{name: one, expect: []}]\n")
    return load_cases(folder / "job_test.yaml")


def case(**values: Any) -> Case:
    return Case.model_validate({"name": "one", "expect": [], **values})


def test_the_rows_of_a_case_replace_the_source_and_one_subtask_runs_them(tmp_path: Path) -> None:
    pipeline = job_of(file(tmp_path), case(rows=[{"a": 1}, {"t": 2}])).pipeline
    assert isinstance(pipeline.source, ValuesSource)
    assert {name: str(kind) for name, kind in pipeline.source.columns.items()} == {"a": "int", "t": "bigint"}
    assert pipeline.source.rows == [{"a": 1}, {"t": 2}]
    assert pipeline.source.event_time is not None
    assert pipeline.flink.parallelism == 1


@pytest.mark.parametrize(
    ("row", "where", "found"),
    [
        ("{aa: 1}", "2:25: tests.0.rows.1.aa", '"aa", which is not a column'),
        ("{a: x}", "2:28: tests.0.rows.1.a", "a: 'x', which is not a valid int"),
        ("{a: null}", "2:28: tests.0.rows.1.a", "null in a column of type int not null"),
    ],
)
def test_a_row_that_does_not_fit_is_an_error_at_its_place_in_the_test_file(
    tmp_path: Path, row: str, where: str, found: str
) -> None:
    file(tmp_path)
    (tmp_path / "job_test.yaml").write_text(f"tests: [{{name: one, expect: [],\n  rows: [{{a: 1, t: 1}}, {row}]}}]\n")
    test = load_cases(tmp_path / "job_test.yaml")
    with pytest.raises(ConfigError) as caught:
        job_of(test, test.cases[0])
    assert str(caught.value).startswith(f"{tmp_path}/job_test.yaml:{where}\n  found    {found}\n")


def test_set_changes_the_job_file_for_one_case(tmp_path: Path) -> None:
    changed = {"job.map.function": "square", "name": "other: one", "flink.options": {"state.backend.type": "rocksdb"}}
    with pytest.raises(ConfigError, match="which is not a job name"):
        job_of(file(tmp_path), case(set=changed))
    del changed["name"]
    pipeline = job_of(file(tmp_path), case(set=changed)).pipeline
    assert getattr(pipeline.job[0], "function", "") == "square"
    assert pipeline.flink.options == {"state.backend.type": "rocksdb"}


def test_rows_are_written_by_source_where_the_job_has_several(tmp_path: Path) -> None:
    both = file(tmp_path, SEVERAL)
    pipeline = job_of(both, case(rows={"one": [{"a": 1}], "two": []})).pipeline
    assert {name: getattr(one, "rows", None) for name, one in pipeline.all_sources().items()} == {
        "one": [{"a": 1}], "two": []
    }  # fmt: skip
    with pytest.raises(ConfigError) as caught:
        job_of(both, case(rows=[{"a": 1}]))
    assert (caught.value.head, caught.value.found) == (f"{both.file}: one", "one list of rows")
    assert caught.value.allowed == "rows: {one: [...], two: [...]}"
    with pytest.raises(ConfigError) as caught:
        job_of(file(tmp_path), case(rows={"records": []}))
    assert (caught.value.found, caught.value.allowed) == ("rows by source: records", "rows: [...]")
    with pytest.raises(NoReference, match="a job with several sources runs only in Flink"):
        by_reference(pipeline)


@pytest.mark.parametrize(
    ("rows", "names"),
    [({"one": []}, "one"), ({"one": [], "two": [], "three": []}, "one, three, two"), ({}, "none")],
)
def test_rows_by_source_name_each_source_of_the_job(tmp_path: Path, rows: dict[str, Any], names: str) -> None:
    with pytest.raises(ConfigError) as caught:
        job_of(file(tmp_path, SEVERAL), case(rows=rows))
    assert caught.value.found == f"rows by source: {names}"
    assert caught.value.allowed == "rows: {one: [...], two: [...]}"


def test_the_event_time_of_a_bigint_column_is_computed_in_the_reference(tmp_path: Path) -> None:
    output = by_reference(job_of(file(tmp_path), case(rows=[{"a": 2, "t": 1_767_225_600}])).pipeline)
    at = datetime(2026, 1, 1, tzinfo=timezone.utc)
    assert output.rows == [{"a": 2, "t": 1_767_225_600, "t_time": at, "b": 4}]
    assert list(output.columns.types) == ["a", "t", "t_time", "b"]


def test_rejected_rows_are_dead_letters_with_json_values() -> None:
    source = {"columns": {"x": "double"}, "rows": [["NaN"], [1.5], [2.5]]}
    step = {"rolling_sum": {"key": "all rows", "value": "x", "window": {"count": 2}}}
    made = {"name": "x", "source": {"values": source}, "job": step, "sink": {"console": {}}}
    output = by_reference(Pipeline.model_validate(made))
    assert output.rows == [{"total": 4.0}]
    assert output.dead_letters == [("not_finite", {"x": "NaN"})]


def test_a_source_whose_rows_are_elsewhere_has_no_reference() -> None:
    source = {"files": {"path": "a.jsonl", "columns": {"a": "int"}}}
    step = {"dedup": {"key": "a", "ttl": "never"}}
    made = {"name": "x", "source": source, "job": step, "sink": {"console": {}}}
    with pytest.raises(NoReference, match="the source of the job does not contain its rows"):
        by_reference(Pipeline.model_validate(made))


def test_a_json_row_becomes_python_values_and_absent_columns_are_null() -> None:
    columns = Columns({"a": parse("int not null"), "d": parse("date")})
    assert decoded({"a": 1}, columns) == {"a": 1, "d": None}
    with pytest.raises(ValueError, match=r'^"b", which is not a column of the result \(a, d\)$'):
        decoded({"c": 1, "b": 1}, columns)
    with pytest.raises(ValueError, match=r"^a: 'x', which is not a valid int"):
        decoded({"a": "x"}, columns)


def test_the_rows_at_the_end_of_a_changelog_are_the_last_of_each_key() -> None:
    columns = Columns({"k": parse("string"), "n": parse("int")}, changelog=True, key=("k",))
    lines = [b'+{"k":"a","n":1}', b'+{"k":"b","n":1}', b'-{"k":"a","n":1}', b'+{"k":"b","n":2}', b'-{"k":"c","n":0}']
    assert _current(lines, columns) == [b'{"k":"b","n":2}']
