from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from penstock.udfs.rows import Rejected, Row, Rows

START = datetime(2026, 1, 1)
SECONDS = st.lists(st.integers(0, 60), max_size=20)


def second(number: float) -> datetime:
    return START + timedelta(seconds=number)


def timed(*seconds: int) -> list[Row]:
    return [{"t": second(number)} for number in seconds]


def test_the_watermark_of_a_row_follows_from_the_rows_before_it() -> None:
    rows = Rows.of(timed(10, 5, 20, 7), "t", timedelta(seconds=2))
    assert rows.watermarks == [None, second(8), second(8), second(18)]
    assert (rows.rows, rows.event_time, rows.rejected) == (timed(10, 5, 20, 7), "t", [])


@given(seconds=SECONDS, late=st.integers(0, 10))
def test_the_watermark_is_the_latest_event_time_before_minus_the_out_of_orderness(
    seconds: list[int], late: int
) -> None:
    marks = Rows.of(timed(*seconds), "t", timedelta(seconds=late)).watermarks
    assert marks == [second(max(seconds[:at]) - late) if at else None for at in range(len(seconds))]


def test_rows_without_event_time_have_no_watermark() -> None:
    assert Rows.of(timed(1, 2)).watermarks == [None, None]
    assert Rows.of([], "t") == Rows([], [], "t", [])


def test_a_row_that_map_drops_takes_its_watermark_with_it() -> None:
    rows = Rows.of(timed(1, 2, 3), "t").map(lambda row: None if row["t"] == second(2) else {**row, "kept": True})
    assert rows.rows == [{"t": second(1), "kept": True}, {"t": second(3), "kept": True}]
    assert rows.watermarks == [None, second(2)]
    assert rows.event_time == "t"


def test_map_can_name_another_event_time_column() -> None:
    rows = Rows.of(timed(1), "t").map(lambda row: {"u": row["t"]}, "u")
    assert (rows.rows, rows.event_time) == ([{"u": second(1)}], "u")


def test_a_rejected_row_keeps_its_reason_its_error_and_its_columns() -> None:
    rows = Rows.of(timed(3, 1, 2), "t").reject("late", "it is late", lambda row, mark: bool(mark and row["t"] < mark))
    assert (rows.rows, rows.watermarks) == (timed(3), [None])
    assert rows.rejected == [
        Rejected("late", "it is late", {"t": second(1)}),
        Rejected("late", "it is late", {"t": second(2)}),
    ]


def test_an_error_may_depend_on_the_row_and_earlier_rejections_stay_first() -> None:
    rows = Rows.of([{"a": 1}, {"a": 2}, {"a": 3}])
    rows = rows.reject("odd", lambda row: f"{row['a']} is odd", lambda row, mark: row["a"] == 3)
    rows = rows.reject("small", "too small", lambda row, mark: row["a"] == 1)
    assert rows.rejected == [Rejected("odd", "3 is odd", {"a": 3}), Rejected("small", "too small", {"a": 1})]
    assert rows.rows == [{"a": 2}]


def test_the_output_of_a_finished_step_has_no_watermarks_and_keeps_the_rejected_rows() -> None:
    rows = Rows.of(timed(1, 2), "t").reject("late", "late", lambda row, mark: mark is not None)
    ended = rows.end([{"n": 1}, {"n": 2}])
    assert ended == Rows([{"n": 1}, {"n": 2}], [None, None], None, [Rejected("late", "late", {"t": second(2)})])
    assert rows.end([{"t": second(1)}], "t").event_time == "t"
