from __future__ import annotations

import pytest

from penstock.connectors.config.texts import counted, first_sentence, shortened


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("One. Two.", "One"),
        ("One of\n    several lines. Two.", "One of several lines"),
        ("Version 2.3 of it.", "Version 2.3 of it"),
        ("", ""),
    ],
)
def test_the_first_sentence_is_one_line_without_its_full_stop(text: str, first: str) -> None:
    assert first_sentence(text) == first


@pytest.mark.parametrize(("count", "text"), [(0, "0 records"), (1, "1 record"), (2, "2 records")])
def test_a_counted_noun_has_its_number(count: int, text: str) -> None:
    assert counted(count, "record") == text


@pytest.mark.parametrize(
    ("text", "short"),
    [("abcdefgh", "abcdefgh"), ("abcdefghi", "abcde..."), ("", "")],
    ids=["as long as allowed", "one too long", "empty"],
)
def test_a_text_above_the_limit_ends_with_dots_within_the_limit(text: str, short: str) -> None:
    assert shortened(text, 8) == short
