"""How a source reads times that are not ISO 8601: which readings exist, and which columns they fit."""

from __future__ import annotations

import pytest
from rejection import accepted, rejection

from penstock.connectors.config.problems import Problem
from penstock.connectors.config.types import parse
from penstock.connectors.formats.time_reading import TimeReading, check


@pytest.mark.parametrize(
    "reading",
    ["iso", "epoch_s", "epoch_ms", "epoch_us", "epoch_ns", "UTC", "Europe/Berlin", "America/Indiana/Knox", "Etc/GMT+5"],
)
def test_a_reading_is_a_unit_or_a_time_zone(reading: str) -> None:
    assert accepted(TimeReading, reading) == reading


OTHERWISE = "write a unit for numbers, or a time zone for texts without an offset"


@pytest.mark.parametrize(
    ("reading", "do"),
    [
        ("epoch ms", 'did you mean "epoch_ms"?'),
        ("millis", OTHERWISE),
        ("Europe/Berln", 'did you mean "Europe/Berlin"?'),
        ("America/New York", 'did you mean "America/New_York"?'),
        ("CETT", OTHERWISE),
        ("EST", OTHERWISE),
        ("utc", 'did you mean "UTC"?'),
        ("Europe", 'did you mean "Europe/Rome"?'),
        ("Europe/", 'did you mean "Europe/Rome"?'),
        ("../etc", OTHERWISE),
        ("/etc/passwd", OTHERWISE),
        ("", OTHERWISE),
    ],
)
def test_another_reading_is_an_error_that_says_what_exists(reading: str, do: str) -> None:
    assert rejection(TimeReading, reading) == (
        f'"{reading}", which is neither a unit nor a time zone',
        "iso, epoch_s, epoch_ms, epoch_us, epoch_ns, UTC, or a time zone such as Europe/Berlin",
        do,
    )


@pytest.mark.parametrize(
    ("kind", "reading"),
    [
        ("timestamp_ltz(3)", "epoch_ms"),
        ("timestamp_ltz(9) not null", "Europe/Berlin"),
        ("timestamp(3)", "iso"),
        ("date", "iso"),
        ("array<row<a int, at timestamp_ltz(3)>>", "UTC"),
        ("map<string, timestamp_ltz(3)>", "UTC"),
        ("row<day date, at timestamp_ltz(3)>", "UTC"),
    ],
)
def test_a_reading_fits_a_column_that_holds_timestamps_with_a_zone(kind: str, reading: str) -> None:
    check(parse(kind), reading, "times", "at")


@pytest.mark.parametrize(
    ("kind", "do"),
    [
        ("bigint", "declare at as timestamp_ltz(3)"),
        ("string", "remove at from times, or declare at as timestamp_ltz(3)"),
        ("map<timestamp_ltz(3), string>", "remove at from times, or declare at as timestamp_ltz(3)"),
    ],
)
def test_a_column_that_holds_no_time_has_no_reading(kind: str, do: str) -> None:
    with pytest.raises(Problem) as caught:
        check(parse(kind), "iso", "times", "at")
    shown = parse(kind)
    assert caught.value == Problem(
        ("times", "at"),
        f"a column of type {shown}, which holds no time",
        "a column that holds times",
        do,
        at_key=True,
    )


@pytest.mark.parametrize(
    ("kind", "reading"), [("timestamp(3)", "epoch_ms"), ("date", "UTC"), ("array<time>", "Europe/Berlin")]
)
def test_times_without_a_zone_are_read_as_iso_only(kind: str, reading: str) -> None:
    with pytest.raises(Problem) as caught:
        check(parse(kind), reading, "times", "at")
    assert caught.value == Problem(
        ("times", "at"),
        f"{reading} for a column of type {kind}",
        "iso; units and time zones are for timestamp_ltz columns",
        "declare at as timestamp_ltz(3), or remove it from times",
    )
