"""The Series that a user's pandas function may return for each column type."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
import pytest

from penstock.connectors.config.types import parse
from penstock.udfs.result_series import SeriesChecker, TypeMismatchAt
from penstock.udfs.result_types import TypeMismatch, Wanted

NAIVE = datetime(2026, 1, 31, 12, 0, 0, 123456)
UTC = NAIVE.replace(tzinfo=timezone.utc)
EAST = UTC.astimezone(timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    ("text", "values", "dtype", "wanted"),
    [
        ("double", [1.0, None], "float64", [1.0, None]),
        ("double", [1, 2], "int32", [1.0, 2.0]),
        ("double", [1.5, 2], "object", [1.5, 2.0]),
        ("float", [0.5, math.inf], "float64", [0.5, math.inf]),
        ("int", [1, None], "float64", [1, None]),
        ("int", [1, None], "Int64", [1, None]),
        ("tinyint", [1, -128], "int64", [1, -128]),
        ("bigint", [(1 << 62) + 1, None], "object", [(1 << 62) + 1, None]),
        ("boolean", [True, False], "bool", [True, False]),
        ("string", ["a", None], "object", ["a", None]),
        ("string", ["a", None], "string", ["a", None]),
        ("timestamp(3)", [NAIVE, None], "datetime64[ns]", [NAIVE.replace(microsecond=123000), None]),
        ("timestamp_ltz(3)", [EAST], "datetime64[ns, UTC]", [UTC.replace(microsecond=123000)]),
        ("date", [date(2026, 1, 1)], "object", [date(2026, 1, 1)]),
    ],
)
def test_a_series_is_converted_to_the_column_type(text: str, values: list[Any], dtype: str, wanted: list[Any]) -> None:
    found = SeriesChecker(Wanted.like(parse(text)))(pd.Series(values, dtype=dtype))
    assert [None if pd.isna(value) else value for value in found.tolist()] == wanted


@pytest.mark.parametrize(
    ("text", "values", "dtype", "index"),
    [
        ("double", [1.0, "x"], "object", 1),
        ("double", ["x", "y"], "string", 0),
        ("double", [False, True], "bool", 0),
        ("float", [1.0, 1e300], "float64", 1),
        ("int", [1.0, 1.5], "float64", 1),
        ("tinyint", [1, 2, 128], "int64", 2),
        ("bigint", [1, 1 << 63], "uint64", 1),
        ("boolean", [1, 0], "int64", 0),
        ("int not null", [1, None], "float64", 1),
        ("timestamp(3)", [UTC], "datetime64[ns, UTC]", 0),
        ("timestamp_ltz(3)", [NAIVE], "datetime64[ns]", 0),
        ("bigint", [NAIVE], "datetime64[ns]", 0),
    ],
)
def test_the_error_about_a_series_has_the_index_of_the_first_value_that_does_not_fit(
    text: str, values: list[Any], dtype: str, index: int
) -> None:
    with pytest.raises(TypeMismatch) as caught:
        SeriesChecker(Wanted.like(parse(text)))(pd.Series(values, dtype=dtype))
    assert getattr(caught.value, "index", None) == index


def check(text: str, series: Any) -> Any:
    return SeriesChecker(Wanted.like(parse(text)))(series)


@pytest.mark.parametrize("text", ["int", "double", "float", "string", "boolean", "timestamp(3)", "int not null"])
def test_an_empty_series_fits_every_type(text: str) -> None:
    assert len(check(text, pd.Series([], dtype="object"))) == 0
    assert len(check(text, pd.Series([], dtype="float64"))) == 0


def test_a_null_in_a_column_without_null_is_an_error_that_names_its_row_and_type() -> None:
    with pytest.raises(TypeMismatchAt) as caught:
        check("double not null", pd.Series([1.0, 2.0, math.nan]))
    assert caught.value.index == 2
    assert str(caught.value) == "None (NoneType), which does not fit double not null"


def test_the_largest_single_precision_number_fits_float_and_the_next_larger_does_not() -> None:
    largest = float(np.finfo(np.float32).max)
    assert check("float", pd.Series([largest, -largest, -math.inf])).dtype == "float32"
    with pytest.raises(TypeMismatchAt) as caught:
        check("float", pd.Series([1.0, largest * 1.001]))
    assert caught.value.index == 1


def test_integers_at_the_ends_of_a_type_keep_their_exact_values() -> None:
    ends = [-(2**63), 2**63 - 1]
    assert check("bigint", pd.Series(ends, dtype="int64")).tolist() == ends
