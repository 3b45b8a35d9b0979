"""The files sink without Flink: its folder, its checks before a run, and the dead letters that it holds."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from penstock.connectors.config.columns import Columns
from penstock.connectors.config.problems import Problem, RunError
from penstock.connectors.config.types import parse
from penstock.connectors.dead_letter.schema import DEAD_LETTER
from penstock.connectors.files.place import FilesPlace
from penstock.connectors.files.sink import FilesSink


def _sink(path: object, **keys: Any) -> FilesSink:
    return FilesSink.model_validate({"path": str(path), **keys})


def _columns(**columns: Any) -> dict[str, Any]:
    return {**dict.fromkeys(DEAD_LETTER.types), **columns}


def test_the_folder_is_relative_to_the_job_file() -> None:
    assert _sink("out").located(Path("/job")).place() == FilesPlace("/job/out")
    assert _sink("s3://bucket/out").located(Path("/job")).place() == FilesPlace("s3://bucket/out")
    assert (_sink("out").file_system, _sink("s3://bucket/out").file_system) == (None, "s3")


def test_a_job_with_files_is_stopped_with_a_savepoint_and_has_no_transactional_ids() -> None:
    assert (_sink("out").transactional, _sink("out").shared_ids) == (True, frozenset())
    assert (_sink("out").may_loop, _sink("out", allow_loop=True).may_loop) == (False, True)


def test_only_a_local_folder_is_created_before_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _sink(tmp_path / "a" / "b").preflight()
    _sink(tmp_path / "a" / "b").preflight()
    assert (tmp_path / "a" / "b").is_dir()
    _sink("s3://bucket/out").preflight()
    assert [folder.name for folder in tmp_path.iterdir()] == ["a"]


def test_a_folder_that_cannot_be_created_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunError) as caught:
        _sink(tmp_path / "file" / "out").preflight()
    assert str(caught.value) == (
        f"sink files: cannot create the folder {tmp_path}/file/out: Not a directory\n  do       choose another path"
    )


def test_a_folder_that_cannot_be_written_is_an_error_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)  # root may write to every folder
    with pytest.raises(RunError) as caught:
        _sink(tmp_path).preflight()
    assert str(caught.value) == (
        f"sink files: cannot write to the folder {tmp_path}: Permission denied\n  do       change its permissions"
    )


@pytest.mark.parametrize("form", ["json", "csv"])
def test_dead_letters_are_read_from_visible_files_in_order(tmp_path: Path, form: str) -> None:
    rows = [_columns(reason="decode", offset=7, raw="a" * 200_000), _columns(reason="late", row='{"a":\n"ß"}')]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(row.values() for row in rows)
    content = text.getvalue() if form == "csv" else "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "2026").mkdir()
    for name in ("b", "2026/a", ".part-0-0.inprogress", "_SUCCESS"):
        (tmp_path / name).write_text(content if not name.startswith((".", "_")) else "x", encoding="utf-8")
    found = list(_sink(tmp_path, format=form).dead_letters())
    assert [one.place for one in found] == ["2026/a:1", "2026/a:2", "b:1", "b:2"]
    assert [one.columns for one in found] == [*rows, *rows]


@pytest.mark.parametrize("form", ["json", "csv"])
def test_a_line_of_something_else_is_an_error_that_names_its_place(tmp_path: Path, form: str) -> None:
    (tmp_path / "part-0-0").write_bytes(b"\xff\n")
    with pytest.raises(RunError, match=r"^dlq: part-0-0:1 is not a dead letter: the column "):
        list(_sink(tmp_path, format=form).dead_letters())


def test_a_folder_that_does_not_exist_holds_no_dead_letters(tmp_path: Path) -> None:
    assert list(_sink(tmp_path / "out").dead_letters()) == []


ROWS = Columns({"id": parse("int"), "day": parse("date"), "hour": parse("int"), "at": parse("timestamp(3)")})


@pytest.mark.parametrize(
    ("keys", "path", "found"),
    [
        ({"partition_by": "days"}, ("partition_by", 0), '"days", which is not a column here'),
        (
            {"partition_by": ["day", "at"]},
            ("partition_by", 1),
            "a column of type timestamp(3), which is no name of a folder",
        ),
        ({"partition_by": "id", "success_file": "1 min"}, ("partition_by",), "columns without a time"),
        ({"success_file": "1 min"}, ("partition_by",), "columns without a time"),
    ],
)
def test_folders_need_columns_that_can_be_their_names(keys: dict[str, Any], path: tuple[Any, ...], found: str) -> None:
    with pytest.raises(Problem) as problem:
        _sink("out", **keys).check(ROWS)
    assert (problem.value.path, problem.value.found) == (path, found)


def test_not_every_column_can_be_the_name_of_a_folder() -> None:
    with pytest.raises(Problem):
        _sink("out", partition_by="id").check(Columns({"id": parse("int")}))
    _sink("out", partition_by=["day", "hour"], success_file="1 min").check(ROWS)


def test_dead_letters_are_lines_in_one_folder() -> None:
    _sink("out").check_dead_letters([])
    for keys in ({"format": "parquet"}, {"partition_by": "reason"}):
        with pytest.raises(Problem, match="for dead letters"):
            _sink("out", **keys).check_dead_letters([])


def test_only_parquet_is_compressed_and_needs_jars() -> None:
    assert _sink("out", format="parquet", compression="gzip").needed_jars() == ("parquet",)
    assert _sink("out").needed_jars() == ()
    with pytest.raises(ValidationError):
        _sink("out", compression="gzip")
