from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.connectors.config.types import parse
from penstock.connectors.formats import codec

VALUES: list[tuple[str, Any]] = [
    ("string", st.text()),
    ("bigint", st.integers(-(2**63), 2**63 - 1)),
    ("double", st.floats(allow_nan=False)),
    ("boolean", st.booleans()),
    ("bytes", st.binary()),
    ("date", st.dates()),
    ("timestamp_ltz(6)", st.datetimes(timezones=st.just(timezone.utc))),
    ("timestamp(6)", st.datetimes()),
    ("decimal(38,10)", st.decimals(-(10**27), 10**27, places=10)),
    ("decimal(38,0)", st.decimals(-(10**37), 10**37, places=0)),
    ("varchar(3)", st.text(max_size=3)),
    ("array<int>", st.lists(st.none() | st.integers(-5, 5))),
    ("map<string, double>", st.dictionaries(st.text(), st.floats(allow_nan=False))),
]


@pytest.mark.parametrize(("kind", "values"), VALUES, ids=[kind for kind, _ in VALUES])
@given(data=st.data())
def test_decode_reverses_encode(kind: str, values: Any, data: st.DataObject) -> None:
    value = data.draw(st.none() | values)
    assert codec.decode(codec.encode(value), parse(kind)) == value


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("5", "int"), (True, "int"), (1.0, "int"), (2**31, "int"), (128, "tinyint"), ("x", "double"), (1, "string"), (1, "boolean"),
        ("2026-01-01", "timestamp(3)"), ("2026-01-01T00:00:00", "timestamp_ltz(3)"),
        ("2026-01-01T00:00:00Z", "timestamp(3)"),
        ("?", "bytes"), ("abcd", "varchar(3)"), ("ab", "char(3)"), ("abcd", "char(3)"),
        (1.005, "decimal(4,2)"), (123456, "decimal(4,2)"), ({"b": 1}, "row<a int>"),
        ([["x"]], "array<int>"), (None, "int not null"),
    ],
)  # fmt: skip
def test_a_value_of_another_type_is_rejected_with_a_sentence(value: Any, kind: str) -> None:
    with pytest.raises(ValueError, match=r"which is not a (valid|field of)"):
        codec.decode(value, parse(kind))


def test_a_time_has_no_more_digits_than_its_type() -> None:
    half = datetime(2026, 1, 1, microsecond=123_999)
    assert codec.decode("2026-01-01T00:00:00.123999", parse("timestamp(3)")) == half.replace(microsecond=123_000)
    assert codec.decode(["2026-01-01T00:00:00.9Z"], parse("array<timestamp_ltz(0)>")) == [
        datetime(2026, 1, 1, tzinfo=timezone.utc)
    ]


def test_a_year_before_1000_has_four_digits() -> None:
    assert codec.encode(datetime(999, 1, 2, 3, 4, 5, 600_000)) == "0999-01-02T03:04:05.6"
    assert codec.encode(datetime(1, 1, 1, tzinfo=timezone.utc)) == "0001-01-01T00:00:00Z"


def test_infinities_decimals_and_offsets_are_converted_exactly() -> None:
    assert codec.encode([float("nan"), float("inf"), -float("inf")]) == ["NaN", "Infinity", "-Infinity"]
    assert codec.decode("Infinity", parse("double")) == float("inf")
    assert codec.decode("1.50", parse("decimal(4,2)")) == Decimal("1.50")
    assert codec.decode("2026-01-01T02:00:00.123+02:00", parse("timestamp_ltz(3)")) == datetime(
        2026, 1, 1, tzinfo=timezone.utc
    ) + timedelta(milliseconds=123)
    assert codec.decode(0.1, parse("float")) == 0.10000000149011612
