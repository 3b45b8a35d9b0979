from __future__ import annotations

import io
import re

import pytest

from penstock.scripts.console.console import Console
from penstock.scripts.console.table import Column, Table
from penstock.scripts.console.terminal import Terminal

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
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


def lines(table: Table, width: int = 80) -> list[str]:
    """What a person sees, without colours and without the spaces at the ends."""
    return [line.rstrip() for line in _ANSI.sub("", shown(table, width)).splitlines()]


@pytest.mark.parametrize("width", [40, 80, 120])
def test_a_terminal_fits_the_table_to_its_width_and_cuts_nothing_off(width: int) -> None:
    text = _ANSI.sub("", shown(TABLE, width))
    assert max(map(len, text.splitlines())) <= width
    assert LONG in "".join(line.strip() for line in text.splitlines())
    assert "1,200" in text


def test_a_terminal_colours_states() -> None:
    text = shown(TABLE, 80)
    assert "\x1b[32mRUNNING" in text
    assert "\x1b[1;31mFAILED" in text


def test_only_a_column_of_states_is_coloured_and_only_its_known_words() -> None:
    columns = [Column("job"), Column("state", state=True)]
    text = shown(Table(columns, [["failed", "stopped"], ["x", "unheard-of"]], header=False), 80)
    assert "\x1b[33mstopped" in text
    assert "mfailed" not in text
    assert "munheard-of" not in text


def test_an_empty_table_says_so() -> None:
    assert shown(Table(TABLE.columns, empty="no jobs"), 80) == "no jobs\n"


def test_numbers_are_aligned_on_the_right_and_an_empty_cell_is_a_dash() -> None:
    columns = [Column("job"), Column("rows", right=True), Column("note")]
    assert lines(Table(columns, [["a", "1,200", "x"], ["b", "7", ""]])) == [
        "job   rows  note",
        "a    1,200  x",
        "b        7  -",
    ]


def test_a_long_text_is_below_its_row_and_an_empty_one_is_left_out() -> None:
    columns = [Column("job"), Column("fix", below=True)]
    assert lines(Table(columns, [["a", "restart it"], ["b", ""], ["c", "-"]], header=False)) == [
        "a",
        "    fix restart it",
        "b",
        "c",
    ]


def test_a_table_with_a_name_is_indented_below_it() -> None:
    assert lines(Table([Column("job")], [["a"]], name="jobs")) == ["jobs:", "  job", "  a"]


def test_a_line_is_printed_as_it_is_and_wrapped_at_words() -> None:
    stream = io.StringIO()
    Terminal(stream, 40).line("[bold]file.yaml[/bold]:12: :smile: " + "x" * 50)
    assert stream.getvalue() == "[bold]file.yaml[/bold]:12: :smile:\n" + "x" * 50 + "\n"


@pytest.mark.parametrize(("meaning", "code"), [("good", "32"), ("warn", "33"), ("bad", "1;31")])
def test_a_line_has_the_colour_of_its_meaning(meaning: str, code: str) -> None:
    stream = io.StringIO()
    Terminal(stream, 80).line("done", meaning)
    assert stream.getvalue() == f"\x1b[{code}mdone\x1b[0m\n"


def test_a_reading_replaces_the_one_before_as_a_table() -> None:
    stream = io.StringIO()
    console: Console = Terminal(stream, 80)
    with console.refreshing() as show:
        show(Table([Column("job")], [["first"]]), ["a line for a file"])
        show(Table([Column("job")], [["second"]]), ["a line for a file"])
    before, after = stream.getvalue().split("first")
    assert "second" not in before
    assert after.index("\x1b[1A\x1b[2K") < after.index("second"), "the cursor goes up and clears the lines"
    assert "a line for a file" not in after


def test_the_cursor_waits_below_the_reading_so_that_an_interrupt_leaves_one_header() -> None:
    stream = io.StringIO()
    with Terminal(stream, 10).refreshing() as show:
        show(Table([Column("job")], [["a"]]), [])
        assert re.split(r"\r?\n", _ANSI.sub("", stream.getvalue()))[-1] == ""
        show(Table([Column("job")], empty="no running jobs"), [])
    assert "no running\njobs\n" in _ANSI.sub("", stream.getvalue())
