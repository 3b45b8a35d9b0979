from __future__ import annotations

import io
import json
from typing import Any

import pytest

from penstock.connectors.config.columns import Columns
from penstock.connectors.config.types import parse
from penstock.scripts.local.output import Writer
from penstock.scripts.local.progress import Progress

COLUMNS = Columns({"id": parse("bigint"), "text": parse("string")})
CHANGELOG = Columns({"id": parse("bigint"), "text": parse("string")}, changelog=True, key=("id",))


def lines(*values: tuple[Any, Any], before: str = "") -> list[bytes]:
    return [before.encode() + json.dumps({"id": number, "text": text}).encode() for number, text in values]


class Written:
    """A writer whose output is kept. Standard error is no terminal."""

    def __init__(self, style: str = "jsonl", quiet: bool = False, columns: Columns = COLUMNS) -> None:
        self.out, self.err = io.BytesIO(), io.StringIO()
        self.writer = Writer(self.out, self.err, style, quiet)
        self.writer.columns = columns

    @property
    def rows(self) -> list[str]:
        return self.out.getvalue().decode().splitlines()


def test_rows_are_written_as_they_arrive() -> None:
    written = Written()
    written.writer.rows(lines((1, "a")))
    assert written.rows == ['{"id": 1, "text": "a"}']
    written.writer.rows([])
    written.writer.rows(lines((2, None), (3, "c")))
    assert written.rows[1:] == ['{"id": 2, "text": null}', '{"id": 3, "text": "c"}']
    assert written.err.getvalue() == ""


def test_of_upsert_rows_the_new_rows_are_output_and_deletions_are_reported() -> None:
    written = Written(columns=CHANGELOG)
    written.writer.rows([*lines((1, "a"), before="+"), *lines((1, "a"), before="-"), *lines((2, "b"), before="+")])
    assert written.rows == ['{"id": 1, "text": "a"}', '{"id": 2, "text": "b"}']
    assert written.err.getvalue() == 'deleted: {"id": 1, "text": "a"}\n'
    written.writer.rows(lines((2, "b"), before="-"))
    assert len(written.rows) == 2


def test_a_table_waits_for_its_first_rows_and_keeps_their_column_widths() -> None:
    written = Written("table")
    with written.writer:
        written.writer.rows(lines((1, "apple")))
        assert written.rows == []
        written.writer.rows([])
        assert written.rows == []
        written.writer.rows(lines(*((number, "x") for number in range(49))))
        assert written.rows[:3] == ["id  text", "--  -----", "1   apple"]
        written.writer.rows(lines((1000, "longer than the column")))
        assert written.rows[-2:] == ["48  x", "1000  longer than the column"]


def test_the_rows_that_a_table_waits_for_are_written_at_the_end() -> None:
    written = Written("table")
    with written.writer:
        written.writer.rows(lines((1, None)))
        written.writer.summary("1 row")
        assert written.rows == ["id  text", "--  ----", "1   NULL"]
    assert written.err.getvalue() == "1 row\n"


def test_no_rows_make_no_table() -> None:
    written = Written("table")
    with written.writer:
        written.writer.rows([])
    assert written.rows == []


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, "NULL"),
        ("NULL", "NULL"),
        (True, "true"),
        ({"a": [1, None]}, '{"a": [1, null]}'),
        ("é", "é"),
        ("a\x1b[2Jb\n", "a\N{REPLACEMENT CHARACTER}[2Jb\N{REPLACEMENT CHARACTER}"),
        ("x" * 60, "x" * 60),
        ("x" * 61, "x" * 57 + "..."),
    ],
)
def test_a_cell_is_one_line_of_at_most_60_printable_characters(value: Any, cell: str) -> None:
    written = Written("table")
    with written.writer:
        written.writer.rows(lines((1, value)))
    assert written.rows[-1] == f"1   {cell}"


def test_without_a_terminal_no_progress_is_shown_and_quiet_hides_the_summary() -> None:
    written = Written(quiet=True)
    written.writer.say("starting")
    written.writer.live(Progress(rows_in=5))
    written.writer.summary("done")
    assert written.err.getvalue() == ""
    loud = Written()
    loud.writer.say("starting")
    loud.writer.live(Progress(rows_in=5))
    loud.writer.summary("done")
    assert loud.err.getvalue() == "done\n"
