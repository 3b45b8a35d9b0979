"""Brokers, groups, headers, positions and keys of a job file."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from rejection import accepted, rejection

from penstock.connectors.config.problems import Problem
from penstock.connectors.kafka.config import At, Bootstrap, Group, HeaderName, Start, Until

LIST = "host:port, or several with commas between"


@pytest.mark.parametrize("text", ["localhost:9092", "a:1,b.example:65535", "[::1]:9092", "10.0.0.1:9092"])
def test_brokers_are_hosts_with_ports(text: str) -> None:
    assert accepted(Bootstrap, text) == text


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("broker", ('"broker", a broker without a port', "host:port", "write broker:9092, or another port")),
        ("x" * 99, (f'"{"x" * 60}", a broker without a port', "host:port", f"write {'x' * 60}:9092, or another port")),
        ("a:1,b", ('"b", a broker without a port', "host:port", "write b:9092, or another port")),
        ("a:x", ('"a:x", a broker without a port', "host:port", "write a:x:9092, or another port")),
        ("a:", ('"a:", whose port is not from 1 to 65535', "host:port", "correct the port")),
        ("a:0", ('"a:0", whose port is not from 1 to 65535', "host:port", "correct the port")),
        ("a:65536", ('"a:65536", whose port is not from 1 to 65535', "host:port", "correct the port")),
        ("a:1, b:2", ('"a:1, b:2", which contains a space', "host:port,host:port", "write a:1,b:2")),
        ("", ('"", which is not a valid broker list', LIST, "correct the broker list")),
        ("a:1,", ('"a:1,", which is not a valid broker list', LIST, "correct the broker list")),
        ("$KAFKA", ('"$KAFKA", which is not a valid broker list', LIST, "write ${KAFKA}")),
        ("http://a:1", ('"http://a:1", which is not a valid broker list', LIST, "correct the broker list")),
    ],
)
def test_a_broker_that_kafka_would_misread_is_an_error(text: str, error: tuple[str, str, str]) -> None:
    assert rejection(Bootstrap, text) == error


def test_a_group_has_a_name_that_kafka_accepts() -> None:
    for name in ("a", "A.b_c-1", "...", "x" * 200):
        assert accepted(Group, name) == name
    for name in ("", ".", "..", "a b", "é", "a\n", "a/b", "x" * 201):
        assert rejection(Group, name) == (
            f'"{name[:60]}", which is not a valid consumer group', "letters, digits, . _ and -, at most 200",
            "correct the consumer group"
        )  # fmt: skip


@pytest.mark.parametrize(
    ("number", "write", "unit"),
    [
        (1769860800, "2026-01-31T12:00:00Z", "seconds"),
        ("1769860800", "2026-01-31T12:00:00Z", "seconds"),
        (1769860800250, "2026-01-31T12:00:00.250Z", "milliseconds"),
    ],
)
def test_a_position_is_no_number_and_the_error_writes_the_number_as_a_timestamp(
    number: object, write: str, unit: str
) -> None:
    assert rejection(At, {"timestamp": number}) == (
        f"the number {number}",
        "a timestamp with a time zone, as a text",
        f'write "{write}", which is {number} {unit} since 1970',
    )


@pytest.mark.parametrize(
    ("text", "hours"), [("2026-01-31T07:00:00-05:00", 12), ("2026-01-31T12:00:00Z", 12), ("2026-01-31 17:30+05:30", 12)]
)
def test_a_position_in_a_topic_takes_any_offset(text: str, hours: int) -> None:
    at = At(timestamp=text)
    at.check("start")
    since_1970 = datetime(2026, 1, 31, hours, tzinfo=timezone.utc) - datetime(1970, 1, 1, tzinfo=timezone.utc)
    assert at.millis == since_1970 // timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("text", "millis"),
    [
        ("1970-01-01T00:00:00.0010Z", 1),
        ("1970-01-01T00:00:00.0011Z", 2),
        ("1970-01-01T00:00:00Z", 0),
        ("1969-12-31T23:59:59.9999Z", 0),
    ],
)
def test_a_position_between_two_milliseconds_is_the_later_one(text: str, millis: int) -> None:
    assert At(timestamp=text).millis == millis


def test_a_position_without_a_zone_is_an_error_at_its_key() -> None:
    with pytest.raises(Problem) as caught:
        At(timestamp="2026-01-31T12:00:00").check("start")
    assert caught.value == Problem(
        ("start", "timestamp"),
        '"2026-01-31T12:00:00", which is not a timestamp: at position 20 expected a zone (Z or +02:00)',
        "2026-01-31T12:00:00Z",
        "write the timestamp in this form, with a time zone",
    )


def test_a_job_may_start_at_the_earliest_record_but_not_end_there() -> None:
    assert [accepted(Start, word) for word in ("earliest", "latest", "group")] == ["earliest", "latest", "group"]
    assert accepted(Start, {"timestamp": "2026-01-31T12:00:00Z"}) == At(timestamp="2026-01-31T12:00:00Z")
    assert [accepted(Until, word) for word in ("latest", "group")] == ["latest", "group"]
    with pytest.raises(ValueError, match="Input should be 'latest' or 'group'"):
        accepted(Until, "earliest")


def test_a_header_has_a_name_of_printable_ascii() -> None:
    for name in ("trace", "content-type", "ce_id", "a b", "$x:y", "x" * 200):
        assert accepted(HeaderName, name) == name
    for name in ("", "é", "a\n", "\x00", "x" * 201):
        assert rejection(HeaderName, name)[2] == "correct the header name"
