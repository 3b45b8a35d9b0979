from __future__ import annotations

from pathlib import Path

import pytest

from penstock.scripts.config.mistakes import (
    _SYNONYMS,
    advice,
    misread,
    no_file,
    no_space,
    odd_character,
    odd_value,
    synonym,
)


def test_a_name_of_another_system_is_answered_with_ours_where_ours_is_allowed() -> None:
    assert synonym("AVG", ["mean", "sum"]) == "write mean: ..."
    assert synonym("avg", ["sum"]) == ""
    assert synonym("mean", ["mean"]) == ""


def test_no_answer_is_itself_a_name_of_another_system() -> None:
    assert not set(_SYNONYMS) & set(_SYNONYMS.values())
    assert all(word == word.lower() for word in _SYNONYMS)


@pytest.mark.parametrize(
    ("text", "what", "do"),
    [
        ("a\u00a0b", "a no-break space (U+00A0)", "write a plain space"),
        ("a\uff1ab", "a full-width colon (U+FF1A)", "write a colon and a space"),
        ("a\uff0cb", "a full-width comma (U+FF0C)", "write a plain comma"),
        ("\u201ca\u201d", "the quotation mark \u201c (U+201C)", "write \" or '"),
    ],
)
def test_a_character_that_looks_like_one_of_yaml_is_named_with_its_code_point(text: str, what: str, do: str) -> None:
    assert odd_character(text) == (what, do)


def test_plain_text_has_no_odd_character() -> None:
    assert odd_character("naïve: \"a\" - 'b'") is None
    assert odd_value("") is None
    assert odd_value("a") is None


@pytest.mark.parametrize(
    ("text", "odd"),
    [
        ("\u201ca\u201d", True),
        ("\u00a0a", True),
        ("a\u3000", True),
        ("say \u201chello\u201d to", False),
        ("a\u00a0b", False),
        ("\u2018", False),
    ],
)
def test_a_value_is_odd_only_with_quotes_around_it_or_a_special_space_at_an_end(text: str, odd: bool) -> None:
    assert (odd_value(text) is not None) is odd


@pytest.mark.parametrize(
    ("text", "do"),
    [
        ("topic:orders", "write a space after the colon: topic: orders"),
        ("  topic:orders  ", "write a space after the colon: topic: orders"),
        ("host:9092", "write a space after the colon: host: 9092"),
        ("topic: orders", ""),
        ("s3://bucket", ""),
        ("a:b,c", ""),
        ("topic:", ""),
        ("", ""),
    ],
)
def test_a_missing_space_after_a_colon_is_shown(text: str, do: str) -> None:
    assert no_space(text) == do


@pytest.mark.parametrize(
    ("text", "line", "what", "expected"),
    [
        ("a:\n\tb: 1\n", 1, "x", (1, "a tab in the indentation", "indent with spaces")),
        ("a:\n  b\uff1a 1\n", 1, "x", (1, "a full-width colon (U+FF1A)", "write a colon and a space")),
        ("a: {b: ${C}}\n", 0, "x", (0, "${C} without quotes inside braces", 'quote it: "${C}"')),
        ("a:\n  b:1\n  c: 2\n", 2, "x", (1, '"b:1"', "write a space after the colon: b: 1")),
        ("a: 1\n  b: 2\n", 1, "mapping values are not allowed",
         (1, "a line that is indented below a key with a value", "give both lines the same indentation")),
        ("a: b: c\n", 0, "mapping values are not allowed",
         (0, "a colon and a space inside a text that is not quoted", "quote the text")),
        ("a: @b\n", 0, "character that cannot start any token",
         (0, "character that cannot start any token", "quote the text")),
        ("a: 1\n b: 2\n", 1, "did not find expected key",
         (1, "did not find expected key", "give the keys of one mapping the same indentation")),
        ('a: "b\n', 0, "unexpected end of quoted scalar", (0, "unexpected end of quoted scalar", "close the quote")),
        ("a: [1\n", 0, "something", (0, "something", "close each bracket and quote, and indent with spaces")),
        ("", 0, "something", (0, "something", "close each bracket and quote, and indent with spaces")),
    ],
)  # fmt: skip
def test_an_error_of_the_parser_is_answered_with_the_frequent_mistake(
    text: str, line: int, what: str, expected: tuple[int, str, str]
) -> None:
    assert advice(text, line, what) == expected


@pytest.mark.parametrize(
    ("value", "do"),
    [
        ("name:orders", "write a space after the colon: name: orders"),
        ("name\uff1a orders", "write a colon and a space"),
        ("orders", ""),
        (["name:orders"], ""),
        (None, ""),
    ],
)
def test_a_document_that_is_one_text_is_corrected_to_keys(value: object, do: str) -> None:
    assert misread(value) == do


def test_the_name_of_a_job_in_place_of_a_file_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert no_file(Path("orders")) == "write the path of the job file, such as orders.yaml"
    (tmp_path / "conf/jobs").mkdir(parents=True)
    (tmp_path / "conf/jobs/orders.yml").touch()
    assert no_file(Path("orders")) == "write the path of the job file: conf/jobs/orders.yml"
    assert no_file(Path("orders.yaml")) == no_file(Path("conf/orders")) == "correct the path"
