from __future__ import annotations

from penstock.scripts.console.table import cell


def test_a_cell_is_one_line() -> None:
    assert [cell(value) for value in (None, "", "a\n b", 3)] == ["-", "-", "a b", "3"]
