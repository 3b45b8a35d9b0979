"""Durations of a job file, such as `60 s`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from rejection import accepted, rejection

from penstock.connectors.config.quantities import Duration, PositiveDuration, Ttl, duration_text, millis

_DURATION: TypeAdapter[timedelta] = TypeAdapter(Duration)
FORM = ("a number and a unit (ms, s, min, h, d)", 'write, for example, "60 s" or "5 min"')


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("60 s", 60_000),
        ("  5min ", 300_000),
        ("1.5 h", 5_400_000),
        ("250 MS", 250),
        ("0 s", 0),
        ("999 d", 999 * 86_400_000),
        ("0.0004 s", 0),
        ("0.0006 s", 1),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text: str, ms: int) -> None:
    assert accepted(Duration, text) == timedelta(milliseconds=ms)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("60", '"60"'),
        ("s", '"s"'),
        ("1 week", '"1 week"'),
        ("1 s 2 ms", '"1 s 2 ms"'),
        ("1e3 s", '"1e3 s"'),
        ("١ s", '"١ s"'),
        ("", '""'),
        (60, "60"),
        (True, "True"),
        (["1 s"], "['1 s']"),
        ("x" * 100, '"' + "x" * 56 + "..."),
    ],
)
def test_what_has_no_number_or_no_unit_is_not_a_duration(value: object, shown: str) -> None:
    assert rejection(Duration, value) == (f"{shown}, which is not a duration", *FORM)


@pytest.mark.parametrize(
    ("text", "do"),
    [
        ("-1 s", 'write a duration without the sign: "1 s"'), ("1 minute", 'write "1 min"'), ("2.5 Hours", 'write "2.5 h"'),
        ("90 secs", 'write "90 s"'), ("5 m", 'write "5 min"'), ("3 days", 'write "3 d"'), ("10 milliseconds", 'write "10 ms"'),
    ],
)  # fmt: skip
def test_a_sign_and_a_written_out_unit_have_their_own_advice(text: str, do: str) -> None:
    assert rejection(Duration, text)[2] == do


@pytest.mark.parametrize("text", ["999.001 d", "1000 d", "999999999999999 d"])
def test_a_duration_is_at_most_999_days(text: str) -> None:
    assert rejection(Duration, text) == (f'"{text}", which is too long', "at most 999 d", "write a shorter one")


@pytest.mark.parametrize("kind", [PositiveDuration, Ttl])
@pytest.mark.parametrize("text", ["0 s", "0.0001 ms"])
def test_a_duration_that_must_be_positive_is_above_zero(kind: Any, text: str) -> None:
    assert accepted(kind, "1 ms") == timedelta(milliseconds=1)
    assert rejection(kind, text) == ("a duration of 0", "a duration above 0", "write a longer one")


def test_a_ttl_may_be_never() -> None:
    assert accepted(Ttl, "never") == "never"
    assert accepted(Ttl, "1 d") == timedelta(days=1)
    assert rejection(Ttl, "Never")[0] == '"Never", which is not a duration'


@pytest.mark.parametrize(
    ("ms", "text"),
    [(0, "0 ms"), (1, "1 ms"), (1500, "1500 ms"), (90_000, "90 s"), (3_600_000, "1 h"), (86_400_000, "1 d")],
)
def test_a_duration_is_written_with_the_largest_unit_that_divides_it(ms: int, text: str) -> None:
    assert duration_text(timedelta(milliseconds=ms)) == text
    assert _DURATION.dump_python(timedelta(milliseconds=ms)) == text


@given(st.integers(0, 999 * 86_400_000))
def test_a_written_duration_reads_back_as_the_same_duration(ms: int) -> None:
    value = timedelta(milliseconds=ms)
    assert _DURATION.validate_python(duration_text(value)) == value


def test_milliseconds_are_rounded_down() -> None:
    assert millis(timedelta(microseconds=1999)) == 1
