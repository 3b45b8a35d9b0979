from __future__ import annotations

import math
import statistics
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.udfs.aggregates import AGGREGATES, ROWS

NUMBERS = st.none() | st.integers(-1000, 1000) | st.floats(-1e6, 1e6)
WIDE = [2**63 - 1, 2**63 - 1, 1]


def compute(name: str, *values: Any) -> Any:
    return AGGREGATES[name].compute(list(values))


@given(values=st.lists(NUMBERS, max_size=20), name=st.sampled_from(sorted(AGGREGATES)))
def test_null_values_do_not_change_an_aggregate(values: list[Any], name: str) -> None:
    present = [value for value in values if value is not None]
    assert compute(name, *values) == compute(name, *present)


@pytest.mark.parametrize("values", [[], [None], [None, None]])
def test_without_values_a_count_is_0_and_every_other_aggregate_is_null(values: list[None]) -> None:
    found = {name: compute(name, *values) for name in AGGREGATES}
    assert found == {name: 0 if "count" in name else None for name in AGGREGATES}


def test_the_sample_dispersion_of_one_value_is_null_and_that_of_the_population_is_0() -> None:
    names = ("variance", "standard_deviation", "variance_population", "standard_deviation_population")
    assert [compute(name, 7) for name in names] == [None, None, 0.0, 0.0]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("sum", 40),
        ("mean", 5.0),
        ("min", 2),
        ("max", 9),
        ("count", 8),
        ("distinct_count", 5),
        ("variance", 32 / 7),
        ("variance_population", 4.0),
        ("standard_deviation", math.sqrt(32 / 7)),
        ("standard_deviation_population", 2.0),
    ],
)
def test_the_aggregates_of_a_known_sample(name: str, wanted: float) -> None:
    assert compute(name, 2, 4, 4, 4, 5, 5, 7, 9) == pytest.approx(wanted, rel=1e-15)


def test_sums_of_integers_and_decimals_are_exact() -> None:
    assert compute("sum", *WIDE) == 2**64 - 1
    assert compute("sum", Decimal("0.1"), Decimal("0.2")) == Decimal("0.3")


def test_sums_of_floats_do_not_depend_on_the_order() -> None:
    assert compute("sum", 1e16, 1.0, -1e16) == compute("sum", 1e16, -1e16, 1.0) == 1.0
    assert compute("mean", 1e16, 1.0, -1e16, 1.0) == 0.5


def test_a_sum_of_floats_that_overflows_is_infinite() -> None:
    assert compute("sum", 1e308, 1e308) == math.inf
    assert compute("sum", -1e308, -1e308) == -math.inf
    assert compute("mean", 1e308, 1e308) == math.inf


def test_every_nan_is_the_same_distinct_value() -> None:
    assert compute("distinct_count", float("nan"), math.nan, float("nan"), 1.0, None) == 2


@given(values=st.lists(st.integers(-1000, 1000), min_size=2, max_size=20))
def test_a_standard_deviation_is_the_square_root_of_the_variance(values: list[int]) -> None:
    for variance, deviation in (
        ("variance", "standard_deviation"),
        ("variance_population", "standard_deviation_population"),
    ):
        assert compute(deviation, *values) == pytest.approx(math.sqrt(compute(variance, *values)), rel=1e-12)
    assert compute("variance", *values) == pytest.approx(
        statistics.pvariance(map(float, values)) * len(values) / (len(values) - 1)
    )


def test_texts_have_a_least_a_greatest_and_distinct_values() -> None:
    values = ("b", "a", None, "b", "")
    assert [compute(name, *values) for name in ("min", "max", "count", "distinct_count")] == ["", "b", 4, 3]


@pytest.mark.parametrize(
    ("name", "kind", "scale", "result"),
    [
        ("sum", "tinyint", 0, "bigint"),
        ("sum", "int", 0, "bigint"),
        ("sum", "bigint", 0, "decimal(38, 0)"),
        ("sum", "decimal", 2, "decimal(38, 2)"),
        ("sum", "float", 0, "double"),
        ("sum", "double", 0, "double"),
        ("mean", "bigint", 0, "double"),
        ("variance", "decimal", 2, "double"),
        ("min", "string", 0, None),
        ("max", "decimal", 2, None),
        ("count", "string", 0, "bigint"),
        ("distinct_count", "double", 0, "bigint"),
    ],
)
def test_the_type_of_a_result_is_wide_enough_for_the_column(
    name: str, kind: str, scale: int, result: str | None
) -> None:
    assert AGGREGATES[name].result(kind, scale) == result


@pytest.mark.parametrize(
    ("name", "column", "kind", "scale", "sql"),
    [
        ("sum", "n", "bigint", 0, "SUM(CAST(`n` AS DECIMAL(38, 0)))"),
        ("sum", "n", "decimal", 3, "SUM(CAST(`n` AS DECIMAL(38, 3)))"),
        ("mean", "n", "int", 0, "AVG(CAST(`n` AS DOUBLE))"),
        ("min", "s", "string", 0, "MIN(`s`)"),
        ("count", "s", "string", 0, "COUNT(`s`)"),
        ("count", ROWS, "bigint", 0, "COUNT(*)"),
        ("distinct_count", "s", "string", 0, "COUNT(DISTINCT `s`)"),
        ("variance", "x", "double", 0, "VAR_SAMP(CAST(`x` AS DOUBLE))"),
        ("standard_deviation_population", "x", "float", 0, "STDDEV_POP(CAST(`x` AS DOUBLE))"),
    ],
)
def test_the_sql_casts_to_the_type_of_the_result_before_it_aggregates(
    name: str, column: str, kind: str, scale: int, sql: str
) -> None:
    assert AGGREGATES[name].to_sql(column, kind, scale) == sql


def test_a_column_that_is_no_identifier_does_not_become_sql() -> None:
    with pytest.raises(ValueError, match="not an identifier: 'a`b'"):
        AGGREGATES["sum"].to_sql("a`b", "int")
