"""The plain-Python form, against values worked out by hand. test_job.py compares it with Flink."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.jobs.base.job import NoReference
from penstock.jobs.rolling_sum.job import RollingSum
from penstock.udfs.rows import Rejected, Row, Rows

START = datetime(2026, 1, 1)
NUMBERED = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 60), st.none() | st.integers(-9, 9)), max_size=25)


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def rows(*values: tuple[str, int, Any], late: int = 0) -> Rows:
    listed = [{"k": key, "t": at(second), "v": value} for key, second, value in values]
    return Rows.of(listed, "t", timedelta(seconds=late))


def job(window: dict[str, Any], **values: Any) -> RollingSum:
    return RollingSum.model_validate({"key": ["k"], "value": "v", "window": window, **values})


def spans(found: Rows) -> list[tuple[str, float, float, Any]]:
    """Return key, start and end in seconds, and total of each window."""
    return [
        (row["k"], (row["window_start"] - START).total_seconds(), (row["window_end"] - START).total_seconds(), row["total"])
        for row in found.rows
    ]  # fmt: skip


def totals(found: Rows) -> list[Any]:
    return [row["total"] for row in found.rows]


def test_a_tumbling_window_sums_the_rows_of_its_key_without_nulls() -> None:
    found = job({"tumble": "10 s"}).reference(rows(("a", 1, 2), ("b", 2, None), ("a", 9, 3), ("a", 10, 4)))
    assert spans(found) == [("a", 0, 10, 5), ("b", 0, 10, None), ("a", 10, 20, 4)]
    assert (found.rejected, found.event_time) == ([], None)


def test_no_rows_make_no_window() -> None:
    for window in ({"tumble": "10 s"}, {"session": "10 s"}, {"count": 2}, {"rolling_all": True}):
        found = job(window).reference(rows())
        assert (found.rows, found.rejected) == ([], [])


def test_a_late_row_is_rejected_with_the_bounds_of_its_window() -> None:
    on_time = job({"tumble": "10 s"}).reference(rows(("a", 9, 1), ("a", 5, 2)))
    assert (spans(on_time), on_time.rejected) == ([("a", 0, 10, 3)], [])
    late = job({"tumble": "10 s"}).reference(rows(("a", 10, 1), ("a", 5, 2)))
    error = "the watermark had already passed the end of the window"
    row = {"k": "a", "t": at(5), "v": 2, "window_start": at(0), "window_end": at(10)}
    assert (spans(late), late.rejected) == ([("a", 10, 20, 1)], [Rejected("late", error, row)])


@pytest.mark.parametrize(("out_of_order", "late"), [(1, True), (2, False)])
def test_a_row_is_late_when_the_watermark_is_at_the_last_millisecond_of_its_window(
    out_of_order: int, late: bool
) -> None:
    listed = [{"k": "a", "t": at(10), "v": 1}, {"k": "a", "t": at(5), "v": 2}]
    found = job({"tumble": "10 s"}).reference(Rows.of(listed, "t", timedelta(milliseconds=out_of_order)))
    assert [one.reason for one in found.rejected] == ["late"] * late


def test_a_row_that_is_late_for_one_hopping_window_is_in_the_other() -> None:
    found = job({"hop": {"size": "10 s", "slide": "5 s"}}).reference(rows(("a", 10, 1), ("a", 7, 2)))
    assert sorted(spans(found)) == [("a", 5, 15, 3), ("a", 10, 20, 1)]
    assert [one.row["window_start"] for one in found.rejected] == [at(0)]


def test_rows_within_the_gap_are_one_session_and_a_row_between_two_sessions_merges_them() -> None:
    apart = job({"session": "5 s"}).reference(rows(("a", 0, 1), ("a", 8, 2), late=20))
    assert spans(apart) == [("a", 0, 5, 1), ("a", 8, 13, 2)]
    merged = job({"session": "5 s"}).reference(rows(("a", 0, 1), ("a", 8, 2), ("a", 4, 4), late=20))
    assert spans(merged) == [("a", 0, 13, 7)]
    other = job({"session": "5 s"}).reference(rows(("a", 0, 1), ("b", 4, 2), late=20))
    assert spans(other) == [("a", 0, 5, 1), ("b", 4, 9, 2)]


def test_a_session_that_begins_exactly_at_the_end_of_another_merges_with_it() -> None:
    assert spans(job({"session": "5 s"}).reference(rows(("a", 0, 1), ("a", 5, 2), late=20))) == [("a", 0, 10, 3)]


def test_a_late_row_of_a_session_is_rejected_without_bounds() -> None:
    found = job({"session": "5 s"}).reference(rows(("a", 20, 1), ("a", 1, 2)))
    assert [one.row for one in found.rejected] == [{"k": "a", "t": at(1), "v": 2}]


def test_a_count_window_that_never_fills_is_not_output() -> None:
    found = job({"count": 2}).reference(rows(("a", 3, 1), ("b", 2, 2), ("a", 1, 4), ("a", 0, 8)))
    assert found.rows == [{"k": "a", "total": 5}]
    assert found.rejected == []


@pytest.mark.parametrize(
    ("window", "wanted"),
    [
        ({"rolling_rows": 2}, [1, 3, 10, 6]),
        ({"rolling_all": True}, [1, 3, 10, 7]),
        ({"rolling_time": "5 s"}, [1, 3, 10, 6]),
        ({"rolling_time": "6 s"}, [1, 3, 10, 7]),
    ],
)
def test_a_rolling_window_outputs_each_row_with_the_total_of_its_key_up_to_it(
    window: dict[str, Any], wanted: list[int]
) -> None:
    found = job(window).reference(rows(("a", 0, 1), ("a", 1, 2), ("b", 2, 10), ("a", 6, 4)))
    assert totals(found) == wanted
    assert (found.event_time, found.rows[0]) == ("t", {"k": "a", "t": at(0), "v": 1, "total": 1})


def test_rows_of_the_same_time_are_in_each_others_rolling_time_but_not_in_each_others_rows() -> None:
    same = rows(("a", 1, 1), ("a", 1, 2), late=1)
    assert totals(job({"rolling_time": "5 s"}).reference(same)) == [3, 3]
    assert totals(job({"rolling_rows": 5}).reference(same)) == [1, 3]


def test_a_rolling_window_rejects_a_row_at_or_before_the_watermark() -> None:
    found = job({"rolling_all": True}).reference(rows(("a", 5, 1), ("a", 5, 2), ("a", 6, 4)))
    assert totals(found) == [1, 5]
    assert found.rejected == [
        Rejected("late", "the watermark had already passed the row's event time", {"k": "a", "t": at(5), "v": 2})
    ]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_row_with_nan_or_an_infinite_value_is_rejected_unless_it_is_only_counted(value: float) -> None:
    given = rows(("a", 1, value), ("a", 2, 1.5))
    found = job({"tumble": "10 s"}).reference(given)
    assert spans(found) == [("a", 0, 10, 1.5)]
    assert [(one.reason, one.error) for one in found.rejected] == [
        ("not_finite", "a value to aggregate is NaN or infinite")
    ]
    counted = RollingSum.model_validate(
        {"key": "all rows", "aggregates": {"n": {"count": "v"}}, "window": {"tumble": "10 s"}}
    ).reference(given)
    assert [row["n"] for row in counted.rows] == [2]
    assert counted.rejected == []


def test_a_time_window_over_processing_time_has_no_reference() -> None:
    for window in ({"tumble": "10 s"}, {"rolling_time": "10 s"}):
        with pytest.raises(NoReference, match="the result of a window over processing time depends on the clock"):
            job(window, time="processing").reference(rows(("a", 1, 1)))


@given(values=NUMBERED, size=st.integers(1, 20), late=st.integers(0, 60))
def test_every_row_is_in_one_tumbling_window_or_rejected_as_late(
    values: list[tuple[str, int, Any]], size: int, late: int
) -> None:
    counting = RollingSum.model_validate(
        {"key": ["k"], "aggregates": {"n": {"count": "*"}}, "window": {"tumble": f"{size} s"}}
    )
    found = counting.reference(rows(*values, late=late))
    assert sum(row["n"] for row in found.rows) + len(found.rejected) == len(values)


@given(values=NUMBERED)
def test_a_rolling_window_outputs_as_many_rows_as_are_not_late(values: list[tuple[str, int, Any]]) -> None:
    found = job({"rolling_all": True}).reference(rows(*values, late=5))
    assert len(found.rows) + len(found.rejected) == len(values)
    kept: list[Row] = found.rows
    assert [row["t"] for row in kept] == sorted(row["t"] for row in kept)
