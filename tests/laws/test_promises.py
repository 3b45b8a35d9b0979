"""Every promise in docs/promises.md names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "promises.md"
ROWS = [
    line
    for line in PAGE.read_text("utf-8").splitlines()
    if line.startswith("| ") and not line.startswith(("| promise", "|---"))
]


def test_the_page_lists_at_least_twenty_promises() -> None:
    assert len(ROWS) >= 20


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[2:50])
def test_every_promise_names_tests_that_exist(row: str) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row)
    assert named, "name the test that would fail if the promise were broken"
    for file, function in named:
        assert (ROOT / file).exists(), f"{file} does not exist"
        assert f"\ndef {function}(" in (ROOT / file).read_text("utf-8"), f"{file} has no {function}"
