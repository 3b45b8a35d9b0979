"""The values that a user's function may return for each column type."""

from __future__ import annotations

import math
from datetime import datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.connectors.config.types import parse
from penstock.connectors.formats import codec
from penstock.udfs.result_types import TypeMismatch, Wanted, checker

NAIVE = datetime(2026, 1, 31, 12, 0, 0, 123456)
UTC = NAIVE.replace(tzinfo=timezone.utc)
EAST = UTC.astimezone(timezone(timedelta(hours=2)))
TYPES = [
    "string", "char(3)", "varchar(3)", "boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "decimal(10, 2)", "bytes",
    "date", "time", "timestamp(3)", "timestamp(0)", "timestamp_ltz(3)", "timestamp_ltz(6)", "array<int>", "array<double not null>",
    "map<string, int>", "row<a int, b array<string>>", "int not null", "string not null",
]  # fmt: skip
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(-130, 130), st.floats(), st.text(max_size=5), st.binary(max_size=4),
    st.decimals(allow_nan=True), st.decimals(-999, 999, places=3), st.dates(), st.times(), st.datetimes(),
    st.datetimes(timezones=st.just(timezone.utc)), st.lists(st.none() | st.integers(-5, 5) | st.floats(), max_size=3),
    st.dictionaries(st.sampled_from(["a", "b"]), st.none() | st.integers(-5, 5) | st.lists(st.text(max_size=2), max_size=2)),
    st.sampled_from([np.int64(5), np.int64(1 << 40), np.float64(1.5), np.float32(0.1), np.bool_(True), np.array([1, 2]), object()]),
)  # fmt: skip


def fits(text: str, value: Any) -> Any:
    return checker(Wanted.like(parse(text)))(value)


@given(text=st.sampled_from(TYPES), value=VALUES)
def test_a_checked_value_has_the_type_and_passes_a_second_check_unchanged(text: str, value: Any) -> None:
    try:
        found = fits(text, value)
    except TypeMismatch as problem:
        assert f"which does not fit {parse(text)}" in str(problem)
        return
    kind = parse(text)
    again = codec.decode(_json(found), kind)
    assert codec.encode(again) == codec.encode(found) or again != again
    twice = fits(text, found)
    assert type(twice) is type(found)
    assert codec.encode(twice) == codec.encode(found) or twice != twice


def _json(value: Any) -> Any:
    """The JSON value. A decimal becomes a text, which keeps its digits."""
    return str(value) if isinstance(value, Decimal) else codec.encode(value)


@pytest.mark.parametrize(
    ("text", "given", "wanted"),
    [
        ("double", 1.5, 1.5),
        ("double", 2, 2.0),
        ("double", np.float64(2.5), 2.5),
        ("float", 0.1, float(np.float32(0.1))),
        ("float", -math.inf, -math.inf),
        ("bigint", np.int32(4), 4),
        ("tinyint", -128, -128),
        ("decimal(10, 2)", Decimal("1.005"), Decimal("1.00")),
        ("decimal(10, 2)", 7, Decimal("7.00")),
        ("boolean", np.bool_(True), True),
        ("bytes", bytearray(b"x"), b"x"),
        ("timestamp(3)", NAIVE, NAIVE.replace(microsecond=123000)),
        ("timestamp(3)", pd.Timestamp(NAIVE), NAIVE.replace(microsecond=123000)),
        ("timestamp_ltz(0)", EAST, UTC.replace(microsecond=0)),
        ("time", time(12, 0, 0, 5), time(12)),
        ("array<int>", (1, None), [1, None]),
        ("array<double>", np.array([1, 2]), [1.0, 2.0]),
        ("row<a int, b string>", {"a": 1}, {"a": 1, "b": None}),
        ("row<a int, b string>", (1, "x"), {"a": 1, "b": "x"}),
        ("map<string, double>", {"k": 1}, {"k": 1.0}),
        ("int", None, None),
    ],
)
def test_a_value_that_fits_is_converted_to_the_column_type(text: str, given: Any, wanted: Any) -> None:
    found = fits(text, given)
    assert (found, type(found)) == (wanted, type(wanted))


def test_a_nan_fits_an_approximate_type() -> None:
    assert math.isnan(fits("double", math.nan))
    assert math.isnan(fits("float", math.nan))


@pytest.mark.parametrize(
    ("text", "given", "problem"),
    [
        ("double", "1.5", "'1.5' (str), which does not fit double"),
        ("double", True, "True (bool), which does not fit double"),
        ("double", 10**400, "which does not fit double: it is out of range"),
        ("float", 1e300, "1e+300 (float), which does not fit float: it is out of range"),
        ("int", 1.0, "1.0 (float), which does not fit int"),
        ("int", True, "True (bool), which does not fit int"),
        ("tinyint", 128, "128 (int), which does not fit tinyint: it is out of range, -128 to 127"),
        ("bigint", np.uint64(1 << 63), "which does not fit bigint: it is out of range"),
        ("decimal(4, 2)", Decimal(100), "which does not fit decimal(4, 2): it must be finite, with at most 2 digits"),
        ("decimal(4, 2)", Decimal("NaN"), "it must be finite"),
        ("decimal(4, 2)", 1.5, "1.5 (float), which does not fit decimal(4, 2)"),
        ("string", 1, "1 (int), which does not fit string"),
        ("string", "\ud800", "it contains half of a surrogate pair"),
        ("varchar(2)", "abc", "'abc' (str), which does not fit varchar(2): it has 3 characters"),
        ("char(2)", "a", "'a' (str), which does not fit char(2): it has 1 character"),
        ("char(2)", "", "'' (str), which does not fit char(2): it has 0 characters"),
        ("boolean", 1, "1 (int), which does not fit boolean"),
        ("bytes", "x", "'x' (str), which does not fit bytes"),
        ("date", NAIVE, "it would lose its time of day: return value.date()"),
        ("timestamp(3)", UTC, "return it without a time zone"),
        ("timestamp(3)", NAIVE.date(), "(date), which does not fit timestamp(3)"),
        ("timestamp_ltz(3)", NAIVE, "return it with a time zone, such as value.replace(tzinfo=timezone.utc)"),
        ("time", time(1, tzinfo=timezone.utc), "return it without a time zone"),
        ("array<int>", [1, "x"], "[1, 'x'] (list), which does not fit array<int>: element 1 is 'x' (str)"),
        ("array<int not null>", [None], "element 0 is None (NoneType), which does not fit int not null"),
        ("array<int>", "12", "'12' (str), which does not fit array<int>"),
        ("map<string, int>", {1: 1}, "a key is 1 (int), which does not fit string"),
        ("map<string, int>", {"k": "x"}, "the value of 'k' is 'x' (str)"),
        ("row<a int>", {"b": 1}, "its fields must be a"),
        ("row<a array<int>>", {"a": [2.5]}, "field a is [2.5] (list), which does not fit array<int>: element 0 is 2.5"),
        ("int not null", None, "None (NoneType), which does not fit int not null"),
    ],
)
def test_the_error_about_a_value_shows_it_with_its_type_and_the_column_type(
    text: str, given: Any, problem: str
) -> None:
    with pytest.raises(TypeMismatch) as caught:
        fits(text, given)
    assert problem in str(caught.value)


def test_a_long_value_is_shortened_in_the_error() -> None:
    with pytest.raises(TypeMismatch) as caught:
        fits("int", "x" * 100_000)
    assert len(str(caught.value)) < 300
