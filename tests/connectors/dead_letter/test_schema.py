"""A dead letter: its columns from JSON and CSV, and the record that it holds."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from penstock.connectors.config.problems import RunError
from penstock.connectors.dead_letter.schema import (
    DEAD_LETTER,
    FAILURE,
    ORIGIN,
    DeadLetter,
    csv_rows,
    of_csv,
    of_json,
    of_record,
)
from penstock.scripts.dead_letters.reader import since

NAMES = "reason, error, source, partition, offset, timestamp, headers, key, raw, row, job, version, step, at"


def _dead_letter(**columns: Any) -> DeadLetter:
    return DeadLetter.of("t/0/1", {**dict.fromkeys(DEAD_LETTER.types), "reason": "decode", **columns})


def test_the_columns_are_those_of_the_documentation_in_this_order() -> None:
    assert ", ".join(DEAD_LETTER.types) == NAMES
    assert {name: str(kind) for name, kind in ORIGIN.items()} == {
        "penstock_source": "string",
        "penstock_partition": "int",
        "penstock_offset": "bigint",
        "penstock_timestamp": "timestamp_ltz(3)",
        "penstock_headers": "map<string, bytes>",
        "penstock_key": "bytes",
        "penstock_raw": "bytes",
    }
    assert {name: str(kind) for name, kind in FAILURE.items()} == {
        "penstock_reason": "string", "penstock_error": "string"
    }  # fmt: skip


def test_the_record_of_a_dead_letter_is_its_bytes_unchanged() -> None:
    found = _dead_letter(raw="AP8=", key="", headers='{"b": "eA==", "a": null}')
    assert (found.raw, found.key, found.headers) == (b"\x00\xff", b"", [("b", b"x"), ("a", b"")])
    assert (_dead_letter().raw, _dead_letter().key, _dead_letter().headers) == (None, None, [])


@pytest.mark.parametrize(
    ("columns", "can_be_sent"),
    [
        ({"raw": "eA=="}, True),
        ({"raw": ""}, True),
        ({"raw": None}, False),
        ({"reason": "tombstone", "key": "eA=="}, True),
        ({"reason": "tombstone", "key": None}, False),
        ({"reason": "late", "key": "eA=="}, False),
    ],
)
def test_only_a_dead_letter_that_holds_its_record_can_be_sent(columns: dict[str, Any], can_be_sent: bool) -> None:
    assert _dead_letter(**columns).can_be_sent is can_be_sent


@pytest.mark.parametrize(
    ("columns", "same"),
    [
        ({"reason": "late", "row": "{}", "step": "1_rolling_sum"}, True),
        ({"offset": 8}, False),
        ({"partition": 1}, False),
        ({"source": "b"}, False),
        ({"raw": "eQ=="}, False),
        ({"offset": None}, False),
    ],
)
def test_dead_letters_of_one_record_have_the_same_position_and_bytes(columns: dict[str, Any], same: bool) -> None:
    one = {"source": "a", "partition": 0, "offset": 7, "raw": "eA=="}
    assert (_dead_letter(**one).record == _dead_letter(**{**one, **columns}).record) is same


@pytest.mark.parametrize(
    ("columns", "found"), [({}, "no columns"), ({"reason": "x", "a": 1}, "reason, a"), ({"a" * 300: 1}, "a" * 200)]
)
def test_a_row_that_is_no_dead_letter_is_an_error_that_names_its_place(columns: dict[str, Any], found: str) -> None:
    missing = "error" if "reason" in columns else "reason"
    with pytest.raises(RunError) as caught:
        DeadLetter.of("orders.dlq/0/7", columns)
    assert str(caught.value) == (
        f'dlq: orders.dlq/0/7 is not a dead letter: the column "{missing}" is missing\n'
        f"  found    {found}\n"
        f"  allowed  {NAMES}\n"
        "  do       check that nothing else writes to this dead letter queue"
    )


@pytest.mark.parametrize(
    ("column", "value", "allowed"),
    [
        ("raw", "a", "a base64 text"),
        ("raw", "Af!=", "a base64 text"),
        ("key", 1, "a base64 text"),
        ("headers", "{", "a JSON object of base64 texts"),
        ("headers", "[1]", "a JSON object of base64 texts"),
        ("headers", '{"a": 1}', "a JSON object of base64 texts"),
        ("at", "yesterday", "a time such as 2026-01-31T12:00:00Z"),
        ("at", None, "a time such as 2026-01-31T12:00:00Z"),
    ],
)
def test_a_column_with_something_else_is_an_error_that_shows_it(column: str, value: Any, allowed: str) -> None:
    with pytest.raises(RunError) as caught:
        getattr(_dead_letter(**{column: value}), column)
    assert caught.value.head == f'dlq: t/0/1 is not a dead letter: the column "{column}" is not valid'
    assert (caught.value.found, caught.value.allowed) == (str(value), allowed)


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ('{"reason": "x"}', {"reason": "x"}),
        ("[1]", {}),
        ("null", {}),
        (b'{"a": 1}', {"a": 1}),
        ("", {}),
        ("a", {}),
        (b"\xff", {}),
    ],
)
def test_a_text_that_is_no_json_object_has_no_columns(text: str | bytes, columns: dict[str, Any]) -> None:
    assert of_json(text) == columns


def test_csv_has_numbers_for_partition_and_offset_and_none_for_an_empty_cell() -> None:
    cells = ["decode", "an error", "t", "3", "0", "", "", "", "eA==", "", "j", "v1", "source", "2026-01-01T00:00:00Z"]
    assert of_csv(cells) == {
        **dict.fromkeys(DEAD_LETTER.types),
        "reason": "decode",
        "error": "an error",
        "source": "t",
        "partition": 3,
        "offset": 0,
        "raw": "eA==",
        "job": "j",
        "version": "v1",
        "step": "source",
        "at": "2026-01-01T00:00:00Z",
    }
    assert of_csv(["late"]) == {"reason": "late"}


def test_a_record_is_read_in_the_format_of_the_sink() -> None:
    assert of_record(b'late,"a, ""b"""', "csv") == {"reason": "late", "error": 'a, "b"'}
    assert of_record(b'{"reason": "late"}', "json") == {"reason": "late"}


@pytest.mark.parametrize("style", ["json", "csv"])
@pytest.mark.parametrize("value", [None, b"", b"\xff", b"a\rb"])
def test_a_record_of_something_else_is_reported_as_no_dead_letter(value: bytes | None, style: str) -> None:
    with pytest.raises(RunError, match=r'^dlq: t/0/1 is not a dead letter: the column "\w+" is missing\n'):
        DeadLetter.of("t/0/1", of_record(value, style))


def test_a_csv_row_whose_offset_is_no_number_has_no_columns() -> None:
    assert of_csv(["decode", "an error", "t", "0", "first"]) == {}


def test_a_csv_dead_letter_may_hold_a_record_of_any_size() -> None:
    large = "x" * 200_000
    assert list(csv_rows([f"late,{large}\n", "a\rb\n", "late,b\n"])) == [
        {"reason": "late", "error": large}, {}, {"reason": "late", "error": "b"}
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["2026-01-31T12:30:15Z", "2026-01-31 12:30:15Z", "2026-01-31T18:00:15+05:30"])
def test_the_time_of_a_dead_letter_keeps_its_offset(text: str) -> None:
    noon = datetime(2026, 1, 31, 12, 30, 15, tzinfo=timezone.utc)
    assert _dead_letter(at=text).at == since(text) == noon
