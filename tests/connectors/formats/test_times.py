"""Times as texts: the parser in Python, that the one in Java agrees with it, and how a source reads the times of records."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from equivalence import assert_same
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.connectors.config.problems import RunError
from penstock.connectors.config.types import parse
from penstock.connectors.formats import times
from penstock.connectors.formats.times import TimeProblem
from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts.local.mini_cluster import MiniCluster

NOON = datetime(2026, 1, 31, 12, 30, 15, tzinfo=timezone.utc)
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
Reader = Callable[[str, str, str], tuple[Any, ...]]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-01-31T12:30:15Z", NOON), ("2026-01-31T12:30:15+00:00", NOON), ("2026-01-31 12:30:15z", NOON),
        ("2026-01-31T20:30:15+0800", NOON), ("2026-01-31T20:30:15+08", NOON), ("2026-01-31t07:30:15-05:00", NOON),
        ("2026-01-31T18:00:15+05:30", NOON), ("2026-01-31T12:30Z", NOON.replace(second=0)),
        ("2026-01-31T12:30:15.25Z", NOON.replace(microsecond=250_000)), ("2026-01-31 12:30:15,5-00:00", NOON.replace(microsecond=500_000)),
        ("2026-01-31T12:30:15.123456789Z", NOON.replace(microsecond=123_456)), ("  2026-01-31T12:30:15Z ", NOON),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=timezone.utc)),
    ],
)  # fmt: skip
def test_iso_8601_with_any_offset_is_an_instant(text: str, wanted: datetime) -> None:
    assert times.instant(text) == wanted


@pytest.mark.parametrize(
    ("text", "kind", "position", "expected"),
    [
        ("2026-01-31T12:00:00", "timestamp_ltz(3)", 20, "a zone"), ("2026-01-31T12:00:00Z", "timestamp(3)", 20, "no zone"),
        ("2026-01-31T12:00:00+01:00", "timestamp(3)", 20, "no zone"), ("yesterday", "date", 1, "four digits"),
        ("2026-02-29", "date", 9, "a day that this month has"), ("2026-13-01", "date", 6, "the month, 01 to 12"),
        ("2026-01-31", "timestamp(3)", 11, "T or a space"), ("24:00:00", "time", 1, "the hour"), ("12:00:60", "time", 7, "the second"),
        ("12:00:00.", "time", 10, "a digit"), ("12:00:00.1234567890", "time", 19, "at most nine"), ("12:00Z", "time", 6, "the end"),
        ("2026-01-31T12:00:00+19:00", "timestamp_ltz(3)", 21, "the offset's hour"), ("", "date", 1, "four digits"),
        ("2026-01-31T12:00:00+18:30", "timestamp_ltz(3)", 20, "an offset of at most"), ("0000-01-01", "date", 1, "a year from 0001"),
        ("9999-12-31T23:00:00-02:00", "timestamp_ltz(3)", 1, "the years 0001 to 9999"), ("1769860800", "timestamp_ltz(3)", 5, "-, as in"),
    ],
)  # fmt: skip
def test_a_bad_time_is_described_by_position_and_what_was_expected(
    text: str, kind: str, position: int, expected: str
) -> None:
    with pytest.raises(TimeProblem) as caught:
        times.read(text, parse(kind))
    assert caught.value.position == position
    assert caught.value.expected.startswith(expected)


@pytest.mark.parametrize(("precision", "micros"), [(0, 0), (1, 900_000), (3, 987_000), (6, 987_654), (9, 987_654)])
def test_digits_below_the_precision_are_cut_off(precision: int, micros: int) -> None:
    read = times.read("1969-12-31T23:59:59.987654321", parse(f"timestamp({precision})"))
    assert read == datetime(1969, 12, 31, 23, 59, 59, micros)


# Java and Python


@pytest.fixture(scope="module")
def java(cluster: MiniCluster) -> Reader:
    """`java(text, type, reading)` returns ("time", value) or ("bad", error).

    The value is Flink's: days of a date, milliseconds of a time, (milliseconds, nanoseconds) of a timestamp.
    """
    from py4j.protocol import Py4JJavaError
    from pyflink.java_gateway import get_gateway

    jvm = get_gateway().jvm
    readers: dict[tuple[str, str], Any] = {}

    def read(text: str, kind: str, reading: str) -> tuple[Any, ...]:
        if (kind, reading) not in readers:
            parser = jvm.org.apache.flink.table.types.logical.utils.LogicalTypeParser
            loader = jvm.Thread.currentThread().getContextClassLoader()
            readers[kind, reading] = jvm.penstock.TimeText("at", parser.parse(parse(kind).sql(), loader), reading)
        try:
            value = readers[kind, reading].read(text)
        except Py4JJavaError as problem:
            return "bad", problem.java_exception.getMessage()
        return "time", value if isinstance(value, int) else (value.getMillisecond(), value.getNanoOfMillisecond())

    return read


def _python(text: str, kind: str) -> tuple[Any, ...]:
    try:
        value = times.read(text, parse(kind))
    except TimeProblem as problem:
        return "bad", str(problem)
    if isinstance(value, datetime):
        micros = (value.replace(tzinfo=timezone.utc) - EPOCH) // timedelta(microseconds=1)
        return "time", (micros // 1000, micros % 1000 * 1000)
    if isinstance(value, time):
        return "time", (value.hour * 3600 + value.minute * 60 + value.second) * 1000
    return "time", value.toordinal() - date(1970, 1, 1).toordinal()


_TWO = st.integers(0, 99).map("{:02d}".format) | st.integers(0, 23).map("{:02d}".format)
_DATES = st.dates().map(date.isoformat) | st.builds("{:04d}-{}-{}".format, st.integers(0, 9999), _TWO, _TWO)
_FRACTIONS = st.sampled_from(["", ".", ","]) | st.from_regex(r"[.,][0-9]{1,10}", fullmatch=True)
_CLOCKS = (
    st.times().map(time.isoformat)
    | st.builds("{}:{}:{}{}".format, _TWO, _TWO, _TWO, _FRACTIONS)
    | st.builds("{}:{}".format, _TWO, _TWO)
)
_ZONES = st.sampled_from(["", "Z", "z", "+", "+1", "+00:00", "-00:00", "+08", "-0500", "+05:30", "-18:00", " +01:00"]) | st.builds(
    "{}{}{}{}".format, st.sampled_from("+-"), _TWO, st.sampled_from(["", ":"]), _TWO | st.just("")
)  # fmt: skip
_STAMPS = st.builds("{}{}{}{}".format, _DATES, st.sampled_from(["T", " ", "t", "", "_"]), _CLOCKS, _ZONES)
_ALPHABET = st.sampled_from("0123456789-:+.,TZtz é\N{ARABIC-INDIC DIGIT ONE}\N{GRINNING FACE}")


@st.composite
def _mutated(draw: st.DrawFn) -> str:
    text = draw(_STAMPS | _DATES | _CLOCKS)
    for _ in range(draw(st.integers(1, 2))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(_ALPHABET | st.just("")) + text[at + draw(st.integers(0, 1)) :]
    return text


_TEXTS = _STAMPS | _DATES | _CLOCKS | _mutated() | st.text(_ALPHABET, max_size=30)
_KINDS = st.sampled_from(["date", "time"]) | st.builds(
    "{}({})".format, st.sampled_from(["timestamp", "timestamp_ltz"]), st.integers(0, 6)
)


@pytest.mark.slow
@settings(max_examples=2000)
@given(text=_TEXTS, kind=_KINDS)
def test_python_and_java_agree_on_every_text(java: Reader, text: str, kind: str) -> None:
    state, value = _python(text, kind)
    found, other = java(text, kind, "iso")
    assert (found, other if found == "time" else "") == (state, value if state == "time" else "")
    if state == "bad":
        assert f"is not a {kind}: {value} (write it like " in other


@settings(max_examples=300)
@given(
    st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)),
    st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe", "Etc/GMT+5"]),
)
def test_a_text_without_zone_is_read_in_the_zone_that_the_source_states(
    java: Reader, local: datetime, zone: str
) -> None:
    utc = local.replace(tzinfo=ZoneInfo(zone)).astimezone(timezone.utc)
    micros = (utc - EPOCH) // timedelta(microseconds=1)
    wanted = ("time", (micros // 1000, micros % 1000 * 1000))
    assert java(local.isoformat(" "), "timestamp_ltz(6)", zone) == wanted
    assert java(utc.isoformat(), "timestamp_ltz(6)", zone) == wanted  # an offset in the text takes precedence


def test_java_knows_every_zone_that_a_source_may_name(java: Reader) -> None:
    for zone in sorted(available_timezones()):
        try:
            Pipeline.model_validate(
                _job({"format": "json", "path": "x"}, {"at": "timestamp_ltz(3)"}, times={"at": zone})
            )
        except ValueError:
            continue
        assert java("2026-01-31T12:00:00", "timestamp_ltz(3)", zone)[0] == "time", zone


_UNITS = {"epoch_s": 1, "epoch_ms": 10**3, "epoch_us": 10**6, "epoch_ns": 10**9}


@settings(max_examples=300)
@given(st.integers(-(10**11), 10**21), st.sampled_from(list(_UNITS)), st.integers(0, 12), st.booleans())
def test_a_number_counts_the_unit_that_the_source_states(
    java: Reader, number: int, unit: str, digits: int, exponent: bool
) -> None:
    text = f"{'-' if number < 0 else ''}{abs(number) // 10**digits}"
    fraction = f"{abs(number) % 10**digits:0{digits}d}" if digits else ""
    text += (f".{fraction}" if digits else "") + ("E0" if exponent else "")
    nanos = number * 10**9 // (10**digits * _UNITS[unit])
    found, value = java(text, "timestamp_ltz(9)", unit)
    if not -62135596800 * 10**9 <= nanos < 253402300800 * 10**9:
        assert (found, "the years 0001 to 9999" in value) == ("bad", True)
    else:
        assert (found, value) == ("time", (nanos // 10**6, nanos % 10**6))


@pytest.mark.parametrize(
    "text", ["", "x", "-", "1x", "1e400", "1e-400", "1E999999999", "9" * 50, "1.5.5", "2026-01-31T12:00:00Z", "1 2"]
)
def test_a_text_that_is_not_a_number_since_1970_is_rejected(java: Reader, text: str) -> None:
    assert java(text, "timestamp_ltz(3)", "epoch_ms")[0] == "bad"


# Through a source


def _job(source: dict[str, Any], columns: dict[str, str], **more: Any) -> dict[str, Any]:
    return {
        "name": "times",
        "source": {"files": {"columns": columns, **source, **more}},
        "job": {"sql": {"query": "SELECT * FROM records", "columns": columns}},
        "sink": {"console": {}},
    }


def _run(cluster: MiniCluster, source: dict[str, Any], columns: dict[str, str], **more: Any) -> list[dict[str, Any]]:
    made = Pipeline.model_validate(_job(source, columns, **more))
    assert made.problems() == []
    return cluster.run(made).rows()


FORMS = {"at": "timestamp_ltz(3)", "local": "timestamp(6)", "day": "date", "clock": "time"}
HOW = {"ms": "epoch_ms", "s": "epoch_s", "berlin": "Europe/Berlin"}
COLUMNS = {**FORMS, **dict.fromkeys(HOW, "timestamp_ltz(3)")}
ROW: list[Any] = [
    "2026-01-31T13:00:00.123456+01:00", "2026-01-31 12:00", "2026-01-31", "12:00:00.5",
    1769860800123, 1769860800.25, "2026-07-01T12:00:00",
]  # fmt: skip
READ = {
    "at": "2026-01-31T12:00:00.123Z", "local": "2026-01-31T12:00:00", "day": "2026-01-31", "clock": "12:00:00",
    "ms": "2026-01-31T12:00:00.123Z", "s": "2026-01-31T12:00:00.25Z", "berlin": "2026-07-01T10:00:00Z",
}  # fmt: skip


@pytest.mark.parametrize("form", ["json", "csv"])
def test_both_text_formats_read_every_form_of_a_time(cluster: MiniCluster, tmp_path: Path, form: str) -> None:
    row = dict(zip(COLUMNS, ROW, strict=True))
    csv = f"{','.join(COLUMNS)}\n{','.join(map(str, ROW))}\n" + "," * (len(ROW) - 1) + "\n"
    (tmp_path / "in").write_text(csv if form == "csv" else json.dumps(row) + "\n{}\n")
    assert _run(cluster, {"path": str(tmp_path / "in"), "format": form}, COLUMNS, times=HOW) == [
        READ, dict.fromkeys(COLUMNS)
    ]  # fmt: skip


def test_times_inside_arrays_maps_and_rows_are_read(cluster: MiniCluster, tmp_path: Path) -> None:
    columns = {
        "a": "array<timestamp_ltz(0)>",
        "m": "map<string, date>",
        "r": "row<x int, y array<row<z time>>, e timestamp_ltz(3)>",
    }
    row = {
        "a": ["2026-01-31T12:00:00.9-05:00", None],
        "m": {"k": "2026-01-31", "n": None},
        "r": {"x": 1, "y": [{"z": "12:00"}], "e": 5},
    }
    (tmp_path / "in").write_text(json.dumps(row) + "\n")
    assert _run(cluster, {"path": str(tmp_path / "in")}, columns, times={"r": "epoch_ms"}) == [
        {"a": ["2026-01-31T17:00:00Z", None], "m": {"k": "2026-01-31", "n": None},
         "r": {"x": 1, "y": [{"z": "12:00:00"}], "e": "1970-01-01T00:00:00.005Z"}}
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("at", "2026-01-31T12:00:00", ['at: "2026-01-31T12:00:00" is not a timestamp_ltz(3): at position 20', "times: {at: UTC}"]),
        ("at", 1769860800123, ['at: "1769860800123"', "); state the unit", "times: {at: epoch_ms}"]),
        ("local", "2026-01-31T12:00:00+00:00", ["at position 20 expected no zone", "declare the column timestamp_ltz"]),
        ("day", "31.01.2026", ["at position 3 expected four digits of the year (write it like 2026-01-31)"]),
    ],
)  # fmt: skip
def test_a_bad_time_fails_the_job_with_column_value_position_and_fix(
    cluster: MiniCluster, tmp_path: Path, column: str, value: Any, words: list[str]
) -> None:
    (tmp_path / "in").write_text(json.dumps({column: value}) + "\n")
    with pytest.raises(RunError) as caught:
        _run(cluster, {"path": str(tmp_path / "in")}, FORMS)
    assert all(word in str(caught.value) for word in words), caught.value


def test_a_bad_time_becomes_a_dead_letter_with_its_bytes(cluster: MiniCluster, tmp_path: Path) -> None:
    line = '{"day": "2026-01-31", "at": "2026-01-31T25:00:00Z"}'
    (tmp_path / "in").write_text(f'{line}\n{{"day": "2026-02-01"}}\n')
    dead = {"dead_letters": {"files": {"path": str(tmp_path / "dead")}}}
    made = Pipeline.model_validate({**_job({"path": str(tmp_path / "in")}, FORMS, on_error="dead_letter"), **dead})
    assert [row["day"] for row in cluster.run(made).rows()] == ["2026-02-01"]
    [dead_letter] = [
        json.loads(one) for file in (tmp_path / "dead").rglob("part-*") for one in file.read_text().splitlines()
    ]
    assert (dead_letter["reason"], b64decode(dead_letter["raw"]).decode()) == ("decode", line)
    assert dead_letter["error"] == (
        'at: "2026-01-31T25:00:00Z" is not a timestamp_ltz(3): at position 12 expected the hour, 00 to 23 '
        "(write it like 2026-01-31T12:00:00Z)"
    )


def test_rows_of_a_job_file_have_no_more_digits_than_their_type(cluster: MiniCluster) -> None:
    columns = {"k": "string", "at": "timestamp_ltz(3)", "local": "timestamp(1)", "clock": "time"}
    row = {"k": "a", "at": "2026-01-31T12:00:00.987654Z", "local": "2026-01-31T12:00:00.19", "clock": "12:00:00.9"}
    source = {"values": {"columns": columns, "rows": [row]}}
    job = {**_job({"path": "x"}, columns), "source": source, "job": {"uppercase_filter": {"column": "k"}}}
    given = assert_same(cluster, Pipeline.model_validate(job))
    assert given.rows == [
        {"k": "A", "at": NOON.replace(minute=0, second=0, microsecond=987_000), "local": datetime(2026, 1, 31, 12, 0, 0, 100_000),
         "clock": time(12)}
    ]  # fmt: skip


def test_digits_are_cut_off_as_flinks_casts_do(cluster: MiniCluster, tmp_path: Path) -> None:
    """Timestamps before 1970 are compared only with a precision of at least three digits: Flink rounds others differently."""
    stamps = ["2026-01-31T12:00:00.987654321", "1969-12-31T23:59:59.987654321"]
    (tmp_path / "in").write_text("".join(json.dumps({"x": stamp}) + "\n" for stamp in stamps))
    kinds = {f"t{p}": f"timestamp({p})" for p in (0, 3, 6, 9)}
    casts = ", ".join(f"CAST(x AS {kind}) AS {name}" for name, kind in kinds.items())
    job = _job({"path": str(tmp_path / "in")}, {"x": "timestamp(9)"})
    cast = {"sql": {"query": f"SELECT {casts} FROM records", "columns": kinds}}
    ours = [row for stamp in stamps for row in _read_as(cluster, tmp_path, stamp, kinds)]
    theirs = cluster.run(Pipeline.model_validate({**job, "job": cast})).rows()
    assert theirs[0] == ours[0]
    assert {**theirs[1], "t0": ""} == {**ours[1], "t0": ""}


def _read_as(cluster: MiniCluster, folder: Path, stamp: str, kinds: dict[str, str]) -> list[dict[str, Any]]:
    (folder / "one").write_text(json.dumps(dict.fromkeys(kinds, stamp)) + "\n")
    return _run(cluster, {"path": str(folder / "one")}, kinds)


@pytest.mark.parametrize("form", ["json", "csv"])
def test_a_source_reads_the_times_that_a_sink_writes(cluster: MiniCluster, tmp_path: Path, form: str) -> None:
    columns = {f"{kind}_{p}": f"{kind}({p})" for kind in ("timestamp", "timestamp_ltz") for p in range(10)} | {
        "day": "date",
        "clock": "time",
    }
    stamps = [
        "1969-12-31T23:59:59.987654321",
        "0001-01-01T00:00:00",
        "9999-12-31T23:59:59.999999999",
        "2026-01-31T12:00:00.1",
    ]
    rows = [
        {
            name: "2026-01-31"
            if name == "day"
            else "23:59:59"
            if name == "clock"
            else stamp + ("Z" if "ltz" in name else "")
            for name in columns
        }
        for stamp in stamps
    ]
    (tmp_path / "in").write_text("".join(json.dumps(row) + "\n" for row in rows))
    read = _run(cluster, {"path": str(tmp_path / "in")}, columns)
    assert [row["timestamp_ltz_3"] for row in read] == [
        "1969-12-31T23:59:59.987Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z", "2026-01-31T12:00:00.1Z"
    ]  # fmt: skip
    job = _job({"path": str(tmp_path / "in")}, columns)
    cluster.run(Pipeline.model_validate({**job, "sink": {"files": {"path": str(tmp_path / "out"), "format": form}}}))
    back = _run(
        cluster,
        {"path": str(tmp_path / "out"), "format": form, **({"header": False} if form == "csv" else {})},
        columns,
    )
    assert sorted(map(json.dumps, back)) == sorted(map(json.dumps, read))
