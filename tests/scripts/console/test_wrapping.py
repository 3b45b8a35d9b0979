from __future__ import annotations

import pytest

from penstock.scripts.console.wrapping import wrapped


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("short  line", "short  line"),
        (
            "small is RUNNING as abc, from file:/state/savepoint-1",
            "small is RUNNING as abc, from\nfile:/state/savepoint-1",
        ),
        ("  rows         in 1,200, out 7, dead 0", "  rows         in 1,200, out 7,\n               dead 0"),
        ("  ! it failed: IOException: no space on disk", "  ! it failed: IOException: no\n    space on disk"),
        ("  sink kafka: exactly_once (one transaction)", "  sink kafka: exactly_once (one\n    transaction)"),
        ("", ""),
    ],
)
def test_a_line_is_wrapped_at_words_below_its_own_text(line: str, shown: str) -> None:
    assert wrapped(line, 32) == shown


def test_lines_are_wrapped_one_by_one_and_long_words_stay_whole() -> None:
    path = "file:/" + "a" * 60
    assert wrapped(f"one\nsavepoint {path}\n\n  two", 20) == f"one\nsavepoint\n{path}\n\n  two"
