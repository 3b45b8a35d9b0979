from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from penstock.connectors.config.columns import Columns
from penstock.connectors.config.problems import Problem
from penstock.connectors.config.types import parse
from penstock.jobs.rolling_sum.window import Aggregate, Window
from penstock.udfs.windows import Cumulate, Hop, Session, TimeWindow, Tumble

TEN, FIVE = timedelta(seconds=10), timedelta(seconds=5)
TYPES = {"k": parse("string"), "x": parse("double"), "at": parse("timestamp(3)")}
TIMED, UNTIMED = Columns(TYPES, event_time="at"), Columns(TYPES)
BOUNDED = Columns(TYPES, bounded=True)
KINDS = "tumble, hop, cumulate, session, count, rolling_rows, rolling_time, rolling_all"


def window(**values: Any) -> Window:
    return Window.model_validate(values)


def problem(model: type[Window | Aggregate], **values: Any) -> tuple[str, str, str]:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(values)
    context = caught.value.errors()[0]["ctx"]
    return context["found"], context["allowed"], context["do"]


def test_a_window_is_of_exactly_one_kind() -> None:
    rest = (f"one of: {KINDS}", "write exactly one of them")
    assert problem(Window) == ("0 windows", *rest)
    assert problem(Window, tumble="1 s", count=2) == ("2 windows (tumble, count)", *rest)


def test_the_size_of_a_window_is_a_multiple_of_its_slide_or_step() -> None:
    assert problem(Window, hop={"size": "10 s", "slide": "4 s"}) == (
        "hop size 10 s with slide 4 s", "a size that is a multiple of slide", "change size or slide"
    )  # fmt: skip
    assert problem(Window, cumulate={"size": "1 h", "step": "7 min"}) == (
        "cumulate size 1 h with step 7 min", "a size that is a multiple of step", "change size or step"
    )  # fmt: skip
    assert problem(Window, hop={"size": "4 s", "slide": "10 s"})[0] == "hop size 4 s with slide 10 s"


@pytest.mark.parametrize(
    "values",
    [{"tumble": "0 s"}, {"count": 0}, {"count": 1_000_001}, {"rolling_rows": 1.5}, {"rolling_all": False}, {"tumble": 60}],
)  # fmt: skip
def test_a_length_is_a_positive_duration_and_a_count_a_positive_number(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        window(**values)


@pytest.mark.parametrize(
    ("values", "made"),
    [
        ({"tumble": "10 s"}, Tumble(TEN)),
        ({"hop": {"size": "10 s", "slide": "5 s"}}, Hop(TEN, FIVE)),
        ({"cumulate": {"size": "10 s", "step": "5 s"}}, Cumulate(TEN, FIVE)),
        ({"session": "10 s"}, Session(TEN)),
    ],
)
def test_each_kind_of_time_window_is_the_window_of_its_name(values: dict[str, Any], made: TimeWindow) -> None:
    assert window(**values).time_window() == made
    assert window(**values).kind == next(iter(values))
    assert not window(**values).rolling


@pytest.mark.parametrize(
    ("values", "frame"),
    [
        ({"rolling_rows": 1}, "ROWS BETWEEN 0 PRECEDING AND CURRENT ROW"),
        ({"rolling_rows": 3}, "ROWS BETWEEN 2 PRECEDING AND CURRENT ROW"),
        (
            {"rolling_time": "10 s"},
            "RANGE BETWEEN INTERVAL '0 00:00:10.000' DAY(3) TO SECOND(3) PRECEDING AND CURRENT ROW",
        ),
        ({"rolling_all": True}, "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"),
    ],
)
def test_a_rolling_window_includes_its_own_row_and_has_a_frame_in_sql(values: dict[str, Any], frame: str) -> None:
    assert window(**values).frame() == frame
    assert window(**values).rolling
    with pytest.raises(ValueError, match=f"{next(iter(values))} is not a time window"):
        window(**values).time_window()


@pytest.mark.parametrize(
    ("values", "rows", "time"),
    [
        ({"tumble": "10 s"}, TIMED, None),
        ({"tumble": "10 s"}, TIMED, "event"),
        ({"tumble": "10 s"}, UNTIMED, "processing"),
        ({"count": 3}, UNTIMED, None),
        ({"count": 3}, BOUNDED, "processing"),
        ({"rolling_rows": 3}, BOUNDED, None),
    ],
)
def test_a_window_that_fits_its_rows_and_time_is_accepted(
    values: dict[str, Any], rows: Columns, time: str | None
) -> None:
    window(**values).check(rows, time)


@pytest.mark.parametrize(
    ("values", "rows", "time", "expected"),
    [
        (
            {"count": 3}, TIMED, "event",
            Problem(("time",), "event, but a count window follows the order of arrival", "processing", "remove time"),
        ),
        (
            {"tumble": "10 s"}, UNTIMED, "event",
            Problem(("time",), "event, but the rows have no event time", "processing", "declare event_time on the source"),
        ),
        (
            {"session": "10 s"}, UNTIMED, None,
            Problem(("window", "session"), "a time window, but the rows have no event time",
                    "event_time on the source, or time: processing", "declare event_time on the source", True),
        ),
        (
            {"rolling_time": "10 s"}, BOUNDED, "processing",
            Problem(("time",), "processing, but the source is bounded", "event",
                    "use event time: Flink drops windows that are open when a bounded source ends"),
        ),
    ],
)  # fmt: skip
def test_a_window_that_does_not_fit_is_a_problem(
    values: dict[str, Any], rows: Columns, time: str, expected: Problem
) -> None:
    with pytest.raises(Problem) as caught:
        window(**values).check(rows, time)
    assert caught.value == expected


def test_an_aggregate_is_one_function_of_one_column() -> None:
    assert Aggregate.model_validate({"mean": "x"}).pair == ("mean", "x")
    assert Aggregate.model_validate({"count": "*"}).pair == ("count", "*")
    found, allowed, do = problem(Aggregate, sum="x", mean="x")
    assert (found, do) == ("2 functions (sum, mean)", "write exactly one of them")
    assert allowed.startswith("one of: sum, mean, min, max, count")
    assert problem(Aggregate)[0] == "0 functions"


def test_only_count_aggregates_whole_rows() -> None:
    expected = ('distinct_count: "*"', 'a column name; "*" is for count only', "write a column name")
    assert problem(Aggregate, distinct_count="*") == expected


def test_the_column_of_an_aggregate_exists_and_has_a_type_that_the_function_accepts() -> None:
    with pytest.raises(Problem) as caught:
        Aggregate.model_validate({"sum": "k"}).check(TIMED, (), "aggregates", "total")
    assert caught.value.path == ("aggregates", "total", "sum")
    assert caught.value.found == 'column "k" of type string'
    with pytest.raises(Problem) as caught:
        Aggregate.model_validate({"min": "y"}).check(TIMED, ())
    assert (caught.value.path, caught.value.found) == (("min",), '"y", which is not a column here')
    Aggregate.model_validate({"min": "k"}).check(TIMED, ())
    Aggregate.model_validate({"count": "*"}).check(TIMED, ())


def test_a_key_column_is_not_aggregated_in_a_session_window() -> None:
    with pytest.raises(Problem) as caught:
        Aggregate.model_validate({"min": "k"}).check(TIMED, ("k",), "aggregates", "least")
    assert caught.value == Problem(
        ("aggregates", "least", "min"),
        '"k", which is also a key column: Flink cannot plan this in a session window',
        "a column that is not a key",
        "remove this aggregate: within a group the key has one value",
    )
