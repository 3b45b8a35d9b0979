from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest
from written import written

from penstock.connectors.config.problems import RunError
from penstock.connectors.files.source import FilesSource
from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts.local.mini_cluster import MiniCluster

COLUMNS = {"id": "bigint", "text": "string"}


def run(
    cluster: MiniCluster, source: dict[str, Any], sink: Any = None, columns: dict[str, str] = COLUMNS
) -> list[dict[str, Any]]:
    return cluster.run(pipeline(source, sink, columns)).rows()


def pipeline(
    source: dict[str, Any], sink: Any = None, columns: dict[str, str] = COLUMNS, dead: str | None = None
) -> Pipeline:
    made = Pipeline.model_validate(
        {
            "name": "files",
            "source": {"files": {"columns": columns, **source}},
            "job": {"uppercase_filter": {"column": "text"}},
            "sink": sink or {"console": {}},
            **({"dead_letters": {"files": {"path": dead}}} if dead else {}),
        }
    )
    assert made.problems() == []
    for connector in made.connectors():
        connector.preflight()
    return made


def error(source: dict[str, Any]) -> str:
    with pytest.raises(RunError) as caught:
        FilesSource.model_validate({"columns": COLUMNS, **source}).preflight()
    return str(caught.value)


def test_a_folder_is_read_with_its_subfolders(cluster: MiniCluster, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "a.jsonl").write_text('{"id": 1, "text": "a"}\n')
    (tmp_path / "deep" / "b.jsonl").write_text('{"id": 2, "text": "b"}\n\n')
    (tmp_path / "empty.jsonl").write_text("")
    assert sorted(row["id"] for row in run(cluster, {"path": str(tmp_path)})) == [1, 2]


BAD_LINES = {
    "json": ['{"id": 1, "text": "a"}', "{broken", '{"id": "x", "text": "b"}', '{"id": 2, "text": "b"}'],
    "csv": ["1,a", '3,"open', "x,b", '2,"b, and\nc"'],
}


@pytest.mark.parametrize(("form", "header"), [("json", False), ("csv", True), ("csv", False)])
def test_an_undecodable_line_becomes_a_dead_letter(
    cluster: MiniCluster, tmp_path: Path, form: str, header: bool
) -> None:
    (tmp_path / "in").mkdir()
    lines = (["id,text"] if header else []) + BAD_LINES[form]
    (tmp_path / "in" / "a").write_text("\n".join(lines) + "\n")
    source = {"path": str(tmp_path / "in"), "format": form, "on_error": "dead_letter"}
    made = pipeline({**source, **({"header": header} if form == "csv" else {})}, dead=str(tmp_path / "dead"))
    good = cluster.run(made).rows()
    assert [row["id"] for row in good] == [1, 2]
    dead_letters = written(tmp_path / "dead")
    assert [base64.b64decode(dead_letter["raw"]).decode() for dead_letter in dead_letters] == BAD_LINES[form][1:3]
    assert {
        (dead_letter["reason"], Path(dead_letter["source"]).name, dead_letter["offset"]) for dead_letter in dead_letters
    } == {("decode", "a", None)}


def test_quotes_alone_decide_where_a_csv_record_ends(cluster: MiniCluster, tmp_path: Path) -> None:
    """With bad values, unclosed quotes, quotes inside a cell and line ends of two bytes, each dead letter holds exactly its record."""
    (tmp_path / "in").mkdir()
    records = [
        ("1,a", None),
        ('x,"two\nlines"', 'id: "x" is not a bigint'),  # a bad number: the dead letter holds both lines
        ('2,"two\r\nlines"', None),
        ('3,5" pipe', None),  # a quote inside an unquoted cell is an ordinary character
        ('4,"open', "closing quote"),
        ('5,"b ""c""\n"', None),
        ('6,"d"e', "Expected"),
        ('7,"f" ', None),
    ]
    (tmp_path / "in" / "a").write_bytes(("\n".join(record for record, _ in records) + "\n").encode())
    source = {"path": str(tmp_path / "in"), "format": "csv", "header": False, "on_error": "dead_letter"}
    rows = cluster.run(pipeline(source, dead=str(tmp_path / "dead"))).rows()
    assert [(row["id"], row["text"]) for row in rows] == [
        (1, "A"), (2, "TWO\r\nLINES"), (3, '5" PIPE'), (5, 'B "C"\n'), (7, "F"),
    ]  # fmt: skip
    dead_letters = written(tmp_path / "dead")
    assert [base64.b64decode(dead_letter["raw"]).decode() for dead_letter in dead_letters] == [
        r for r, why in records if why
    ]
    for dead_letter, why in zip(dead_letters, [why for _, why in records if why], strict=True):
        assert why in dead_letter["error"]


def test_a_single_star_of_a_glob_does_not_match_across_folders(cluster: MiniCluster, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("a b.jsonl", "c.json", "deep/d.jsonl"):
        (tmp_path / name).write_text(json.dumps({"id": 1, "text": name}) + "\n")
    assert [row["text"] for row in run(cluster, {"path": str(tmp_path / "*.jsonl")})] == ["A B.JSONL"]
    assert len(run(cluster, {"path": str(tmp_path / "**" / "*.jsonl")})) == 2


def test_a_csv_record_with_a_line_end_of_another_kind_is_a_dead_letter(cluster: MiniCluster, tmp_path: Path) -> None:
    """Flink's decoder would read the first row of the record, and ignore the others."""
    (tmp_path / "in").write_bytes(b'1,a\r2,b\r3,c\n4,"d\re"\n5,f\r\n')
    source = {"path": str(tmp_path / "in"), "format": "csv", "header": False, "on_error": "dead_letter"}
    rows = cluster.run(pipeline(source, dead=str(tmp_path / "dead"))).rows()
    assert rows == [{"id": 4, "text": "D\rE"}, {"id": 5, "text": "F"}]
    [dead_letter] = written(tmp_path / "dead")
    assert base64.b64decode(dead_letter["raw"]) == b"1,a\r2,b\r3,c"
    assert dead_letter["error"] == "expected one row, but the record has a line end outside of quotes at byte 4"


def test_a_csv_header_that_ends_with_a_carriage_return_alone_is_an_error(cluster: MiniCluster, tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(b"id,text\r1,a\r2,b\r")
    assert "carriage return" in error({"path": str(tmp_path / "in"), "format": "csv"})
    (tmp_path / "in").write_bytes(b"id,text\r1,a\n2,b\n")
    assert "carriage return" in error({"path": str(tmp_path / "in"), "format": "csv"})


def test_a_csv_header_may_have_other_columns_and_another_order(cluster: MiniCluster, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('\ufeffmore,text,id\nx,"a, ""b""",1\ny,"two\nlines",2\n', encoding="utf-8")
    rows = run(cluster, {"path": str(tmp_path / "a.csv"), "format": "csv"})
    assert rows == [{"id": 1, "text": 'A, "B"'}, {"id": 2, "text": "TWO\nLINES"}]


def test_csv_without_a_header_is_read_in_the_order_of_the_columns(cluster: MiniCluster, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1,a\n2,\n")
    rows = run(cluster, {"path": str(tmp_path / "a.csv"), "format": "csv", "header": False})
    assert rows == [{"id": 1, "text": "A"}, {"id": 2, "text": None}]


def test_files_are_written_and_read_back(cluster: MiniCluster, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"id": 1, "text": "a"}\n{"id": 2, "text": null}\n')
    run(cluster, {"path": str(tmp_path / "in.jsonl")}, {"files": {"path": str(tmp_path / "out")}})
    rows = run(cluster, {"path": str(tmp_path / "out")})  # a file per checkpoint, and files in any order
    assert sorted(rows, key=lambda row: row["id"]) == [{"id": 1, "text": "A"}, {"id": 2, "text": None}]


def test_a_line_that_is_not_json_fails_the_job_with_its_text(cluster: MiniCluster, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"id": 1, "text": "a"}\n{"id": oops}\n')
    with pytest.raises(RunError, match="oops"):
        run(cluster, {"path": str(tmp_path / "in.jsonl")})


def test_missing_files_are_reported_before_the_run(tmp_path: Path) -> None:
    (tmp_path / "orders.jsonl").write_text("{}")
    (tmp_path / "empty").mkdir()
    assert error({"path": str(tmp_path / "order.jsonl")}).splitlines()[1] == '  do       did you mean "orders.jsonl"?'
    assert "no file matches" in error({"path": str(tmp_path / "*.csv")})
    assert "contains no file" in error({"path": str(tmp_path / "empty")})


def test_files_with_different_headers_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,text\n")
    (tmp_path / "b.csv").write_text("text,id\n")
    source = FilesSource.model_validate({"columns": COLUMNS, "path": str(tmp_path), "format": "csv"})
    source.preflight()
    with pytest.raises(RunError) as caught:
        source.table(None, "source")
    assert str(caught.value).splitlines()[:2] == [
        f"source files: the 2 files of {tmp_path} have different headers",
        "  found    id, text; text, id",
    ]


def test_a_csv_header_that_lacks_a_column_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("id,txt\n1,a\n")
    assert error({"path": str(file), "format": "csv"}).splitlines() == [
        f'source files: {file}:1: the header has no column "text"',
        "  found    id, txt",
        "  allowed  all of: id, text",
        '  do       did you mean "txt"?',
    ]


def test_an_unreadable_folder_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() == 0:  # root may read everything, so the system's answer is faked
        monkeypatch.setattr(os, "access", lambda *_: False)
    else:
        tmp_path.chmod(0)
    assert "Permission denied" in error({"path": str(tmp_path)})
    tmp_path.chmod(0o700)


@pytest.mark.parametrize(
    ("kind", "unit"), [("timestamp_ltz(3)", {}), ("bigint", {"unit": "ms"}), ("bigint", {"unit": "s"})]
)
def test_an_undecodable_line_becomes_a_dead_letter_in_a_job_with_event_time(
    cluster: MiniCluster, tmp_path: Path, kind: str, unit: dict[str, str]
) -> None:
    at = '"2026-01-01T00:00:00Z"' if kind != "bigint" else "1767225600"
    (tmp_path / "in.jsonl").write_text(f'{{broken\n{{"id": 1, "text": "a", "at": {at}}}\n{{"id": 2, "text": "b"}}\n')
    source = {
        "path": str(tmp_path / "in.jsonl"),
        "event_time": {"column": "at", "out_of_order": "1 s", **unit},
        "on_error": "dead_letter",
    }
    made = pipeline(source, columns={**COLUMNS, "at": kind}, dead=str(tmp_path / "dead"))
    assert [row["id"] for row in cluster.run(made).rows()] == [1]
    dead = written(tmp_path / "dead")
    assert sorted((one["reason"], one["error"]) for one in dead)[1] == ("null_value", "at is missing or NULL")
    assert len(dead) == 2


def test_a_row_without_its_event_time_fails_the_job_with_its_text(cluster: MiniCluster, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"id": 2, "text": "b"}\n')
    source = {"path": str(tmp_path / "in.jsonl"), "event_time": {"column": "at"}}
    with pytest.raises(RunError, match=r'at is missing or NULL; the record: {"id": 2, "text": "b"}'):
        cluster.run(pipeline(source, columns={**COLUMNS, "at": "timestamp_ltz(3)"}))


@pytest.mark.parametrize("form", ["json", "csv"])
def test_rows_that_are_written_can_be_read_back(cluster: MiniCluster, tmp_path: Path, form: str) -> None:
    texts = ["a", "two\nlines", 'a "quote", and a comma', "", "ß"]
    rows = "".join(json.dumps({"id": i, "text": text}) + "\n" for i, text in enumerate(texts))
    (tmp_path / "in.jsonl").write_text(rows)
    out = str(tmp_path / "out")
    cluster.run(pipeline({"path": str(tmp_path / "in.jsonl")}, sink={"files": {"path": out, "format": form}}))
    back = run(cluster, {"path": out, "format": form, "header": False} if form == "csv" else {"path": out})
    wanted = {i: text.upper() for i, text in enumerate(texts)}
    wanted[3] = None if form == "csv" else ""  # type: ignore[assignment]
    assert {row["id"]: row.get("text") for row in back} == wanted
