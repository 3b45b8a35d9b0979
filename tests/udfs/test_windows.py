"""Which windows contain a timestamp, and the SQL of the window functions."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.udfs.windows import Cumulate, Hop, Session, Span, TimeWindow, Tumble

TIMESTAMPS = st.datetimes(
    datetime(1960, 1, 1), datetime(2100, 1, 1), timezones=st.sampled_from([None, timezone.utc])
).map(lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000))
LENGTHS = st.integers(1, 100_000).map(lambda ms: timedelta(milliseconds=ms))
COUNTS = st.integers(1, 12)
TEN = timedelta(seconds=10)


def epoch(at: datetime) -> datetime:
    return datetime(1970, 1, 1, tzinfo=at.tzinfo)


def at(second: float) -> datetime:
    return datetime(2026, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=second)


def seconds(spans: list[Span]) -> list[tuple[float, float]]:
    """Return the windows as seconds after `at(0)`."""
    return [((start - at(0)).total_seconds(), (end - at(0)).total_seconds()) for start, end in spans]


@given(at=TIMESTAMPS, size=LENGTHS)
def test_a_timestamp_belongs_to_one_tumbling_window_that_is_aligned_to_1970(at: datetime, size: timedelta) -> None:
    [(start, end)] = Tumble(size).spans(at)
    assert start <= at < end
    assert end - start == size
    assert (start - epoch(at)) % size == timedelta(0)


@given(at=TIMESTAMPS, slide=LENGTHS, count=COUNTS)
def test_a_timestamp_belongs_to_size_divided_by_slide_hopping_windows(
    at: datetime, slide: timedelta, count: int
) -> None:
    spans = Hop(slide * count, slide).spans(at)
    assert len(set(spans)) == count
    for start, end in spans:
        assert start <= at < end
        assert end - start == slide * count
        assert (start - epoch(at)) % slide == timedelta(0)


@given(at=TIMESTAMPS, step=LENGTHS, count=COUNTS)
def test_a_timestamp_belongs_to_each_cumulating_window_of_its_full_window_that_ends_after_it(
    at: datetime, step: timedelta, count: int
) -> None:
    size = step * count
    [(start, end)] = Tumble(size).spans(at)
    ends = [start + step * number for number in range(1, count + 1)]
    assert Cumulate(size, step).spans(at) == [(start, partial) for partial in ends if partial > at]
    assert Cumulate(size, step).spans(at)[-1] == (start, end)


@given(at=TIMESTAMPS, gap=LENGTHS)
def test_the_session_of_one_row_begins_with_the_row_and_lasts_for_the_gap(at: datetime, gap: timedelta) -> None:
    assert Session(gap).spans(at) == [(at, at + gap)]


@given(at=TIMESTAMPS, slide=LENGTHS)
def test_hopping_windows_whose_slide_is_their_size_are_tumbling_windows(at: datetime, slide: timedelta) -> None:
    assert Hop(slide, slide).spans(at) == Tumble(slide).spans(at) == Cumulate(slide, slide).spans(at)


@pytest.mark.parametrize(
    ("window", "second", "wanted"),
    [
        (Tumble(TEN), 10, [(10, 20)]),
        (Tumble(TEN), 9.999, [(0, 10)]),
        (Hop(TEN, TEN / 2), 10, [(10, 20), (5, 15)]),
        (Hop(TEN, TEN / 2), 14.999, [(10, 20), (5, 15)]),
        (Cumulate(TEN, TEN / 2), 10, [(10, 15), (10, 20)]),
        (Cumulate(TEN, TEN / 2), 15, [(10, 20)]),
        (Cumulate(TEN, TEN / 2), 14.999, [(10, 15), (10, 20)]),
    ],
)
def test_a_window_contains_its_start_and_not_its_end(
    window: TimeWindow, second: float, wanted: list[tuple[float, float]]
) -> None:
    assert seconds(window.spans(at(second))) == wanted


def test_a_timestamp_before_1970_belongs_to_a_window_that_contains_it() -> None:
    day = timedelta(days=1)
    assert Tumble(day).spans(datetime(1969, 12, 31, 23)) == [(datetime(1969, 12, 31), datetime(1970, 1, 1))]


@pytest.mark.parametrize(
    ("window", "sql"),
    [
        (Tumble(TEN), "TUMBLE(TABLE v, DESCRIPTOR(t), INTERVAL '0 00:00:10.000' DAY(3) TO SECOND(3))"),
        (
            Hop(TEN, TEN / 2),
            "HOP(TABLE v, DESCRIPTOR(t), INTERVAL '0 00:00:05.000' DAY(3) TO SECOND(3),"
            " INTERVAL '0 00:00:10.000' DAY(3) TO SECOND(3))",
        ),
        (
            Cumulate(TEN, TEN / 2),
            "CUMULATE(TABLE v, DESCRIPTOR(t), INTERVAL '0 00:00:05.000' DAY(3) TO SECOND(3),"
            " INTERVAL '0 00:00:10.000' DAY(3) TO SECOND(3))",
        ),
        (
            Session(TEN),
            "SESSION(TABLE v PARTITION BY (a, b), DESCRIPTOR(t), INTERVAL '0 00:00:10.000' DAY(3) TO SECOND(3))",
        ),
    ],
)
def test_the_sql_names_the_view_the_time_column_and_the_lengths(window: TimeWindow, sql: str) -> None:
    assert window.table_function("v", "t", ["a", "b"]) == sql


def test_the_sql_of_a_session_of_all_rows_has_no_partition() -> None:
    expected = "SESSION(TABLE v, DESCRIPTOR(t), INTERVAL '0 00:00:10.000' DAY(3) TO SECOND(3))"
    assert Session(TEN).table_function("v", "t", []) == expected
