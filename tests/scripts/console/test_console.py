from __future__ import annotations

import io
import re

import pytest

from penstock.scripts.console.console import Plain
from penstock.scripts.console.table import Column, Table
from penstock.scripts.console.terminal import Terminal

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
LONG = "file:/state/savepoints/" + "a" * 200
TABLE = Table(
    [Column("job"), Column("state", state=True), Column("rows", right=True), Column("savepoint", below=True)],
    [["orders", "RUNNING", "1,200", LONG], ["an-invoice-job", "FAILED", "7", ""]],
    empty="no jobs",
)


def shown(table: Table, width: int) -> str:
    stream = io.StringIO()
    Terminal(stream, width).table(table)
    return stream.getvalue()


def test_plain_text_has_one_line_for_each_row_and_cuts_nothing_off(capsys: pytest.CaptureFixture[str]) -> None:
    Plain().table(TABLE)
    header, first, second = capsys.readouterr().out.splitlines()
    assert re.split("  +", header) == ["job", "state", "rows", "savepoint"]
    assert re.split("  +", first) == ["orders", "RUNNING", "1,200", LONG]
    assert re.split("  +", second) == ["an-invoice-job", "FAILED", "7", "-"]


def test_a_table_of_one_column_has_no_header(capsys: pytest.CaptureFixture[str]) -> None:
    Plain().table(Table([Column("topic")], [["names"], ["names-upper"]]))
    assert capsys.readouterr().out == "names\nnames-upper\n"


def test_an_empty_table_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    Plain().table(Table(TABLE.columns, empty="no jobs"))
    assert capsys.readouterr().out == "no jobs\n"
    assert shown(Table(TABLE.columns, empty="no jobs"), 80) == "no jobs\n"
