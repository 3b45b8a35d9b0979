"""Rows in the job file: how they are read, and which rows are errors."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from penstock.connectors.config.problems import Problem
from penstock.connectors.values import ValuesSource

COLUMNS = {"id": "int not null", "name": "string", "at": "timestamp_ltz(3)"}


def _source(*rows: Any, **keys: Any) -> ValuesSource:
    return ValuesSource.model_validate({"columns": COLUMNS, "rows": list(rows), **keys})


def test_a_row_is_a_list_in_the_order_of_the_columns_or_a_mapping() -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
    source = _source([1, "a", "2026-01-01T12:00:00Z"], {"name": "b", "id": 2})
    assert source.inline_rows() == [{"id": 1, "name": "a", "at": noon}, {"id": 2, "name": "b", "at": None}]
    assert source.bounded


def test_without_rows_the_source_is_empty() -> None:
    assert _source().inline_rows() == []


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (
            [1, "a"],
            Problem(("rows", 1), "2 values", "3: id, name, at", "write one value for each column"),
        ),
        (
            {"id": 1, "nane": "a"},
            Problem(
                ("rows", 1, "nane"),
                '"nane", which is not a column',
                "id, name, at",
                'did you mean "name"?',
                at_key=True,
            ),
        ),
        (
            {"id": 1, "xyz": 2},
            Problem(
                ("rows", 1, "xyz"),
                '"xyz", which is not a column',
                "id, name, at",
                "remove it, or add it to columns",
                at_key=True,
            ),
        ),
        (
            [1, 5, None],
            Problem(("rows", 1, 1), "name: 5, which is not a valid string", "string", "correct the value"),
        ),
        (
            {"id": "1"},
            Problem(
                ("rows", 1, "id"), "id: '1', which is not a valid int not null", "int not null", "correct the value"
            ),
        ),
        (
            {"name": "a"},
            Problem(("rows", 1), "id: null, which is not a valid int not null", "int not null", "correct the value"),
        ),
    ],
)
def test_a_row_that_does_not_fit_is_an_error_at_its_value(row: Any, problem: Problem) -> None:
    with pytest.raises(Problem) as caught:
        _source([0, "first", None], row).inline_rows()
    assert caught.value == problem


def test_each_row_needs_its_event_time() -> None:
    rows = [[1, "a", "2026-01-01T12:00:00Z"], [2, "b", None]]
    _source(*rows).check()
    with pytest.raises(Problem) as caught:
        _source(*rows, event_time={"column": "at"}).check()
    assert caught.value == Problem(
        ("rows", 1),
        "no value of the event-time column at",
        "a timestamp_ltz(3) in each row",
        "write at, or remove event_time",
    )


def test_equal_rows_share_one_file_of_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_CACHE", str(tmp_path))
    folder = _source([1, "a", "2026-01-01T12:00:00.500+01:00"])._written()
    assert folder == _source({"at": "2026-01-01T11:00:00.5Z", "id": 1, "name": "a"})._written()
    assert folder != _source([2, "a", None])._written()
    assert folder.parent == tmp_path / "values"
    assert [file.name for file in folder.iterdir()] == ["rows.jsonl"]
    assert (folder / "rows.jsonl").read_text() == '{"id": 1, "name": "a", "at": "2026-01-01T11:00:00.5Z"}\n'
    assert len(list(folder.parent.iterdir())) == 2
