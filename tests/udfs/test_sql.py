from __future__ import annotations

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.udfs import sql


def test_a_name_is_quoted_with_backticks() -> None:
    assert sql.name("order") == "`order`"
    assert sql.name("_A9") == "`_A9`"
    assert sql.name("a" * 128) == f"`{'a' * 128}`"
    assert sql.names(["a", "b"]) == "`a`, `b`"
    assert sql.names([]) == ""


@pytest.mark.parametrize("text", ["", "9a", "a b", "a`b", "a-b", "a\n", "é", "a" * 129, "x'; DROP TABLE t"])
def test_a_text_that_is_no_identifier_is_rejected_with_the_text(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"not an identifier: {text!r}")):
        sql.name(text)
    with pytest.raises(ValueError, match=re.escape(f"not an identifier: {text!r}")):
        sql.json_object({text: "1"})


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        (timedelta(0), "INTERVAL '0 00:00:00.000' DAY(3) TO SECOND(3)"),
        (timedelta(milliseconds=1), "INTERVAL '0 00:00:00.001' DAY(3) TO SECOND(3)"),
        (timedelta(microseconds=1999), "INTERVAL '0 00:00:00.001' DAY(3) TO SECOND(3)"),
        (timedelta(hours=25, minutes=3, seconds=4, milliseconds=5), "INTERVAL '1 01:03:04.005' DAY(3) TO SECOND(3)"),
        (timedelta(days=999), "INTERVAL '999 00:00:00.000' DAY(3) TO SECOND(3)"),
    ],
)
def test_an_interval_has_days_a_clock_and_milliseconds(value: timedelta, literal: str) -> None:
    assert sql.interval(value) == literal


@given(ms=st.integers(0, 999 * 86_400_000))
def test_an_interval_can_be_read_back_to_the_millisecond(ms: int) -> None:
    literal = sql.interval(timedelta(milliseconds=ms))
    found = re.fullmatch(r"INTERVAL '(\d+) (\d\d):(\d\d):(\d\d)\.(\d\d\d)' DAY\(3\) TO SECOND\(3\)", literal)
    assert found
    days, hours, minutes, seconds, millis = map(int, found.groups())
    back = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds, milliseconds=millis)
    assert back == timedelta(milliseconds=ms)
    assert (hours < 24, minutes < 60, seconds < 60) == (True, True, True)


def test_a_json_object_has_each_key_once_with_its_expression_and_keeps_nulls() -> None:
    expected = "JSON_OBJECT(KEY 'a' VALUE `a`, KEY 'b' VALUE `x` + 1 NULL ON NULL)"
    assert sql.json_object({"a": "`a`", "b": "`x` + 1"}) == expected
