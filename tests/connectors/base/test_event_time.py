"""The event-time column of a source, and the SQL of its watermark."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.connectors.base.event_time import EventTime
from penstock.connectors.config.columns import Columns
from penstock.connectors.config.problems import Problem
from penstock.connectors.config.types import parse


class Written:
    """Records the calls that a PyFlink schema builder receives."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, ...]] = []

    def column_by_expression(self, *call: str) -> None:
        self.calls.append(("column", *call))

    def watermark(self, *call: str) -> None:
        self.calls.append(("watermark", *call))


def _event_time(**keys: Any) -> EventTime:
    return EventTime.model_validate({"column": "at", **keys})


def _rows(**types: str) -> Columns:
    return Columns({name: parse(kind) for name, kind in types.items()})


@pytest.mark.parametrize("kind", ["timestamp(0)", "timestamp(3)", "timestamp_ltz(3) not null"])
def test_a_timestamp_column_is_the_event_time_itself(kind: str) -> None:
    rows = _event_time().declare(_rows(id="int", at=kind))
    assert (list(rows.types), rows.event_time) == (["id", "at"], "at")


def test_with_a_unit_a_number_becomes_the_event_time_in_a_column_of_its_own() -> None:
    rows = _event_time(unit="ms").declare(_rows(at="bigint", id="int"))
    assert {name: str(kind) for name, kind in rows.types.items()} == {
        "at": "bigint", "id": "int", "at_time": "timestamp_ltz(3)"
    }  # fmt: skip
    assert rows.event_time == "at_time"


TIMES = "timestamp(0..3), timestamp_ltz(0..3), or bigint with unit"


@pytest.mark.parametrize(
    ("keys", "types", "problem"),
    [
        ({}, {"att": "timestamp(3)"}, ('"at", which is not a column here', "att", 'did you mean "att"?')),
        ({}, {"at": "bigint"}, ('"at" of type bigint', TIMES, "add unit: ms (or unit: s)")),
        ({}, {"at": "string"}, ('"at" of type string', TIMES, "declare the column with one of these types")),
        (
            {},
            {"at": "timestamp(4)"},
            ('"at" of type timestamp(4)', TIMES, "declare the column with one of these types"),
        ),
        (
            {"unit": "s"},
            {"at": "int"},
            ('"at" of type int with unit: s', "a bigint column", "remove unit, or name a bigint column"),
        ),
        (
            {"unit": "s"},
            {"at": "bigint", "at_time": "int"},
            ('"at_time", which is already a column', "a new name", "choose another name"),
        ),
    ],
)
def test_a_column_that_is_no_event_time_is_reported_at_its_key(
    keys: dict[str, str], types: dict[str, str], problem: tuple[str, str, str]
) -> None:
    with pytest.raises(Problem) as caught:
        _event_time(**keys).declare(_rows(**types))
    assert caught.value == Problem(("event_time", "column"), *problem)


@pytest.mark.parametrize(
    ("out_of_order", "interval"),
    [
        ("0 s", "0 00:00:00.000"),
        ("5 ms", "0 00:00:00.005"),
        ("90 min", "0 01:30:00.000"),
        ("999 d", "999 00:00:00.000"),
        ("1.5 d", "1 12:00:00.000"),
        ("3599.999 s", "0 00:59:59.999"),
    ],
)
def test_the_watermark_is_the_event_time_minus_the_out_of_orderness(out_of_order: str, interval: str) -> None:
    schema = Written()
    _event_time(out_of_order=out_of_order).watermark(schema, {})
    assert schema.calls == [("watermark", "at", f"`at` - INTERVAL '{interval}' DAY(3) TO SECOND(3)")]


@pytest.mark.parametrize(("unit", "precision"), [("s", 0), ("ms", 3)])
def test_a_number_is_converted_in_its_unit_before_the_watermark(unit: str, precision: int) -> None:
    schema = Written()
    _event_time(unit=unit).watermark(schema, {})
    assert schema.calls == [
        ("column", "at_time", f"TO_TIMESTAMP_LTZ(`at`, {precision})"),
        ("watermark", "at_time", "`at_time` - INTERVAL '0 00:00:00.000' DAY(3) TO SECOND(3)"),
    ]
