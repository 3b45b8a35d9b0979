from __future__ import annotations

import pytest

from penstock.scripts.config.merge import overlay, setting
from penstock.scripts.config.tree import Tree, parse


def inside(tree: Tree, line: int, column: int) -> str:
    return str(tree.inside(("a", "q"), line, column))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a:\n  q: |\n    one\n      two three\n", "f:4:11"),
        ("a:\n  q: |-\n\n    two three\n", "f:4:9"),
        ("a:\n  q: >-\n    one\n    two three\n", "f:2:6"),  # folded: its lines differ from the lines of the file
    ],
)
def test_a_position_in_a_block_is_a_position_in_the_file(text: str, place: str) -> None:
    tree = parse(text, "f")
    column = tree.value["a"]["q"].splitlines()[-1].index("three") + 1
    assert inside(tree, len(tree.value["a"]["q"].splitlines()), column) == place


@pytest.mark.parametrize("quote", ["", "'", '"'])
def test_a_position_in_a_text_on_one_line_includes_the_quote(quote: str) -> None:
    tree = parse(f"a: {{q: {quote}one two{quote}}}\n", "f")
    assert inside(tree, 1, 5) == f"f:1:{12 + len(quote)}"


def test_a_position_in_a_text_of_an_overlay_is_in_the_overlay() -> None:
    tree = overlay(parse("a: {q: one}\n", "f"), parse("a:\n  q: |\n    two\n", "g"))
    assert inside(tree, 1, 1) == "g:3:5"
    assert inside(overlay(tree, setting("a.q=three")), 1, 1) == "--set a.q=three"
