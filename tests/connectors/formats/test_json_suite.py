"""The JSON decoders against JSONTestSuite by Nicolas Seriot (its licence is beside the texts).

A text is the value of a key in a record, once of a key without a column and once of a text column. Two texts of 100,000 and more opening
brackets are left out for their size. The names begin with `y` (must be accepted), `n` (must be rejected) or `i` (may be either).
"""

from __future__ import annotations

from pathlib import Path

import pytest
from java_program import run_java

TEXTS = Path(__file__).parent / "json_test_suite" / "texts.txt"
PROGRAM = Path(__file__).parents[2] / "support" / "java" / "JsonSuite.java"
LENIENT = {
    "n_number_NaN", "n_number_infinity", "n_number_minus_infinity",
    "n_string_unescaped_ctrl_char", "n_string_unescaped_newline", "n_string_unescaped_tab",
}  # fmt: skip
"""What is accepted although JSON forbids it, as Flink's decoder does: docs/types.md."""


@pytest.fixture(scope="module")
def said() -> dict[str, list[str]]:
    """Name to the verdicts: of the decoder of bytes (`left`: to Jackson) and of Jackson, without and with a column."""
    done = run_java(PROGRAM, str(TEXTS))
    assert done.returncode == 0, done.stdout + done.stderr
    return {name: verdicts for name, *verdicts in map(str.split, done.stdout.splitlines())}


def accepted(verdicts: list[str]) -> list[bool]:
    """Whether each kind of record is decoded: by the decoder of bytes, or by Jackson if it was left to it."""
    pairs = (verdicts[:2], verdicts[2:])
    return [fast == "read" or (fast == "left" and slow == "read") for fast, slow in pairs]


def test_valid_json_is_accepted_and_invalid_json_rejected(said: dict[str, list[str]]) -> None:
    assert len(said) == 316
    assert [name for name, verdicts in said.items() if name[0] == "y" and not all(accepted(verdicts))] == []
    assert {name for name, verdicts in said.items() if name[0] == "n" and any(accepted(verdicts))} == LENIENT


def test_most_valid_texts_need_no_second_decoder_and_both_agree(said: dict[str, list[str]]) -> None:
    valid = [verdicts for name, verdicts in said.items() if name[0] == "y"]
    assert sum(verdicts[0] == "read" for verdicts in valid) > 0.8 * len(valid)
    for name, (fast, slow, *column) in said.items():
        assert fast in ("left", slow), name
        assert column[0] in ("left", column[1]), name
