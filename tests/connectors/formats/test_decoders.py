"""Values of JSON and CSV records: each is decoded as a reference in Python says, or its record is a dead letter that says why."""

from __future__ import annotations

import base64
import csv
import json
import math
import random
import re
import struct
from decimal import ROUND_HALF_UP, Context, Decimal
from pathlib import Path
from typing import Any

import pytest

from penstock.connectors.config.types import INTEGERS, Type, parse
from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts.local.mini_cluster import MiniCluster

KINDS = {
    "flag": "boolean", "tiny": "tinyint", "small": "smallint", "whole": "int", "big": "bigint", "single": "float", "real": "double",
    "money": "decimal(10, 2)", "digit": "decimal(1, 0)", "share": "decimal(3, 3)", "text": "string", "short": "varchar(3)",
    "code": "char(3)", "blob": "bytes",
}  # fmt: skip
TOKENS = [
    "0", "-0", "1", "-1", "7", "10", "127", "128", "-128", "-129", "32767", "32768", "2147483647", "2147483648", "-2147483648",
    "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "99999999999999999999",
    "1.0", "1.5", "-1.50", "1e3", "1.2E1", "12e-1", "1e400", "-1e400", "1e-400", "3.4e38", "3.5e38", "1e-50", "0.001", "0.0005",
    "0.9995", "0.9994", "9.4", "9.5", "0.004", "0.005", "-0.005", "0.5", "1.005", "99999999.994", "99999999.995", "100000000",
    "1e999999999", "1e-999999999", "0e999999999", "true", "false", "NaN", "Infinity", "-Infinity", "null",
]  # fmt: skip
TEXTS = [
    "", " ", " 5 ", "5", "+5", "007", "-5.", ".5", "--5", "5-", "1.5.5", "1e", "e1", "1e3", "0x10", "1d", "1f", "1L", "1_000", "1,5",
    "\N{ARABIC-INDIC DIGIT ONE}", "true", "TRUE", " False ", "yes", "1", "NaN", "nan", "Infinity", "+Infinity", "inf", "AQI=", "AQI",
    "A", "AQ ==", "abc", "abcd", "ab", "\N{GRINNING FACE}bc", "\N{GRINNING FACE}bcd", "1" * 1001, '"', "a\nb", "null",
]  # fmt: skip
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
WIDE = Context(prec=100)
REJECTED = object()


def converted(text: str, kind: Type) -> Any:
    """The reference: the value of a text, or REJECTED."""
    name, bare = kind.name, text.strip()
    if name == "string":
        return text
    if name in ("varchar", "char"):
        [length] = kind.numbers
        return text if len(text) == length or (name == "varchar" and len(text) < length) else REJECTED
    if name == "boolean":
        return {"true": True, "false": False}.get(bare.lower(), REJECTED)
    if name == "bytes":
        try:
            return base64.b64encode(base64.b64decode(text, validate=True)).decode()
        except ValueError:
            return REJECTED
    if name in ("float", "double") and bare in ("NaN", "Infinity", "+Infinity", "-Infinity"):
        return bare.lstrip("+")
    if not NUMBER.fullmatch(bare) or (len(bare) > 1000 and name not in ("float", "double")):
        return REJECTED
    return _number(bare, kind)


def _number(text: str, kind: Type) -> Any:
    if kind.name in ("float", "double"):
        try:
            value = float(text)
            value = struct.unpack("f", struct.pack("f", value))[0] if kind.name == "float" else value
        except OverflowError:
            return REJECTED
        return value if math.isfinite(value) else REJECTED
    number = Decimal(text)
    if kind.name in INTEGERS:
        half = 1 << (INTEGERS[kind.name] - 1)
        if number and not 0 <= number.adjusted() < 20:
            return REJECTED
        return int(number) if number == int(number) and -half <= number < half else REJECTED
    precision, scale = kind.numbers
    if number and number.adjusted() >= precision - scale:
        return REJECTED
    exact = number if -60 < number.adjusted() < 60 else Decimal(0)
    rounded = exact.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP, WIDE)
    return rounded if abs(rounded) < Decimal(10) ** (precision - scale) else REJECTED


def of_token(token: str, kind: Type) -> Any:
    """The reference for a JSON value."""
    if token == "null":
        return None
    if token.startswith('"'):
        return converted(json.loads(token), kind)
    if token[0] in "[{":
        return converted(token, kind) if kind.is_text else REJECTED
    return REJECTED if kind.name == "bytes" else converted(token, kind)


def numbers(count: int) -> list[str]:
    dice = random.Random(11)
    made = []
    for _ in range(count):
        digits = "".join(dice.choices("0123456789", k=dice.randint(1, 21))).lstrip("0") or "0"
        fraction = "." + "".join(dice.choices("0123456789", k=dice.randint(1, 4))) if dice.random() < 0.5 else ""
        exponent = f"e{dice.randint(-22, 22)}" if dice.random() < 0.3 else ""
        made.append(dice.choice(["", "-"]) + digits + fraction + exponent)
    return made


def copied(folder: Path, columns: dict[str, str], form: str = "json") -> Pipeline:
    """A job that outputs the rows of the file `folder/in`; its dead letters go to the folder `folder/dead`."""
    files = {"path": str(folder / "in"), "format": form, "columns": columns, "on_error": "dead_letter"}
    job = {
        "name": "copied",
        "source": {"files": files},
        "job": {"sql": {"query": "SELECT * FROM records", "columns": columns}},
        "sink": {"console": {}},
        "dead_letters": {"files": {"path": str(folder / "dead")}},
    }
    return Pipeline.model_validate(job)


def results(cluster: MiniCluster, folder: Path, form: str) -> tuple[dict[int, dict[str, Any]], dict[int, str]]:
    """Run the file `folder/in`. Return rows by place, and the errors of dead letters by place."""
    made = copied(folder, {"place": "int", **KINDS}, form)
    assert made.problems() == []
    rows = {row["place"]: row for row in cluster.run(made).rows()}
    dead = [json.loads(line) for file in (folder / "dead").rglob("part-*") for line in file.read_text().splitlines()]
    assert {letter["reason"] for letter in dead} == {"decode"}
    place = re.compile(r'\{"place": (\d+)' if form == "json" else r"(\d+)")
    errors = {}
    for letter in dead:
        found = place.match(base64.b64decode(letter["raw"]).decode())
        assert found
        errors[int(found[1])] = letter["error"]
    assert len(errors) == len(dead)
    return rows, errors


def same(value: Any, wanted: Any, kind: Type) -> bool:
    if isinstance(wanted, Decimal):
        return value is not None and Decimal(str(value)) == wanted
    if kind.name == "float" and isinstance(wanted, float) and isinstance(value, float):
        return struct.pack("f", value) == struct.pack("f", wanted)  # written with the digits of a float
    return type(value) in (type(wanted), int, float) and bool(value == wanted)


def check(cases: list[tuple[str, str, Any]], rows: dict[int, dict[str, Any]], errors: dict[int, str]) -> None:
    """Each case is a column, what was written into it, and the value or REJECTED."""
    wrong = []
    for place, (column, written, wanted) in enumerate(cases):
        kind = parse(KINDS[column])
        if wanted is REJECTED:
            if not re.match(
                rf'{column}: "(?s:.*)" is not (an? )?{re.escape(str(kind))}: expected ', errors.get(place, "")
            ):
                wrong.append((column, written, "not rejected", rows.get(place, {}).get(column), errors.get(place)))
        elif place not in rows or not same(rows[place][column], wanted, kind):
            wrong.append((column, written, wanted, rows.get(place, {}).get(column), errors.get(place)))
    assert not wrong, wrong[:20]
    assert len(rows) + len(errors) == len(cases)


def test_each_json_value_is_the_value_of_its_type_or_a_dead_letter(cluster: MiniCluster, tmp_path: Path) -> None:
    tokens = [*TOKENS, *map(json.dumps, TEXTS), '{"a": 1.50}', '[1, "x"]', "[]", *numbers(300)]
    cases = [(column, token, of_token(token, parse(kind))) for column, kind in KINDS.items() for token in tokens]
    lines = (f'{{"place": {place}, "{column}": {token}}}\n' for place, (column, token, _) in enumerate(cases))
    (tmp_path / "in").write_text("".join(lines))
    check(cases, *results(cluster, tmp_path, "json"))


def test_each_csv_cell_is_the_value_of_its_type_or_a_dead_letter(cluster: MiniCluster, tmp_path: Path) -> None:
    cells = [*TOKENS, *TEXTS, *numbers(300)]
    cases = [
        (column, cell, converted(cell, parse(kind)) if cell else None)
        for column, kind in KINDS.items()
        for cell in cells
    ]
    with (tmp_path / "in").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
        writer.writerow(["place", *KINDS])
        for place, (column, cell, _) in enumerate(cases):
            writer.writerow([place, *(cell if column == name else "" for name in KINDS)])
    check(cases, *results(cluster, tmp_path, "csv"))


@pytest.mark.parametrize(
    ("record", "error"),
    [
        ("{x", "invalid JSON at column 2: Unexpected character ('x' (code 120))"),
        ('{"place": 1} {}', "invalid JSON at column 14: expected the end of the record"),
        ('{"place": 1', "invalid JSON at column 12: Unexpected end-of-input"),
        ("[1]", "expected a JSON object, found 1"),
        ("5", "expected a JSON object, found 5"),
        ("null", "expected a JSON object, found null"),
        (" ", "expected a JSON object, found nothing"),
        ('[[{"place": 1}]]', "expected a JSON object, found a list"),
    ],
)  # fmt: skip
def test_a_record_that_is_no_json_object_is_a_dead_letter(
    cluster: MiniCluster, tmp_path: Path, record: str, error: str
) -> None:
    found = _one(cluster, tmp_path, record)
    assert found.startswith(error), found


def _one(
    cluster: MiniCluster, folder: Path, record: str | bytes, columns: dict[str, str] | None = None, form: str = "json"
) -> str:
    data = record if isinstance(record, bytes) else record.encode()
    (folder / "in").write_bytes(data + b"\n")
    assert cluster.run(copied(folder, columns or {"place": "int"}, form)).rows() == []
    [file] = (folder / "dead").rglob("part-*")
    return str(json.loads(file.read_text())["error"])


@pytest.mark.parametrize(
    ("kind", "value", "error"),
    [
        ("array<int>", '"x"', 'c: "x" is not an array: expected a JSON list'),
        ("array<int>", "[1, 1.5]", 'c: "1.5" is not an int: expected a whole number from -2147483648 to 2147483647'),
        ("array<int not null>", "[null]", "c: null is not allowed inside its value"),
        ("map<string, boolean>", '{"a": 1}', 'c: "1" is not a boolean: expected true or false'),
        ("row<a int>", "[1]", 'c: "[...]" is not a row: expected a JSON object'),
        ("row<a int, b string not null>", '{"a": 1}', "c: the field b is missing, but it is not null"),
        ("int", "[1]", 'c: "[...]" is not an int: expected one value'),
    ],
)  # fmt: skip
def test_a_bad_value_inside_another_is_a_dead_letter(
    cluster: MiniCluster, tmp_path: Path, kind: str, value: str, error: str
) -> None:
    found = _one(cluster, tmp_path, f'{{"c": {value}}}', {"c": kind})
    assert found.startswith(error), found


@pytest.mark.parametrize(
    ("form", "record", "error"),
    [
        ("json", rb'{"c": "a\ud83d"}', "half of a surrogate pair"),
        ("json", rb'{"c": "\ude00\ud83d"}', "half of a surrogate pair"),
        ("json", b'{"c": "\xed\xa0\x80"}', "invalid UTF-8 at byte 8"),
        ("json", b'{"c": "\xf5\x80\x80\x80"}', "invalid UTF-8 at byte 8"),
        ("json", b'{"c": {"a": "\xc0\xaf"}}', "invalid UTF-8 at byte 14"),
        ("json", '{"c": "a\ud83d!"}'.encode("utf-16-be", "surrogatepass"), "invalid UTF-16BE"),
        ("json", '{"c": "a\ude00!"}'.encode("utf-16-le", "surrogatepass"), "invalid UTF-16LE"),
        ("json", '{"c": "a\ud83d!"}'.encode("utf-32-be", "surrogatepass"), "half of a surrogate pair"),
        ("csv", b"h\nab\xe2\x82", "invalid UTF-8 at byte 3"),
        ("csv", b"h\n\xc0\xaf", "invalid UTF-8 at byte 1"),
    ],
)  # fmt: skip
def test_a_text_that_is_not_unicode_is_a_dead_letter(
    cluster: MiniCluster, tmp_path: Path, form: str, record: bytes, error: str
) -> None:
    columns = {"c": "string"} if form == "json" else {"h": "string"}
    assert error in _one(cluster, tmp_path, record, columns, form)


def test_a_repeated_key_of_a_map_or_a_row_keeps_its_last_value(cluster: MiniCluster, tmp_path: Path) -> None:
    (tmp_path / "in").write_text('{"m": {"x": 1, "y": 2, "x": 3}, "r": {"a": 1, "a": null}}\n')
    columns = {"m": "map<string, int>", "r": "row<a int>"}
    assert cluster.run(copied(tmp_path, columns)).rows() == [{"m": {"x": 3, "y": 2}, "r": {"a": None}}]


def test_a_list_of_objects_is_several_rows_and_a_repeated_key_keeps_its_last_value(
    cluster: MiniCluster, tmp_path: Path
) -> None:
    (tmp_path / "in").write_text('[{"a": 1, "b": {"x": [1.50, {"y": 2}]}, "a": 2}, {"other": [{}], "a": null}]\n')
    assert cluster.run(copied(tmp_path, {"a": "int", "b": "string"})).rows() == [
        {"a": 2, "b": '{"x": [1.50, {"y": 2}]}'},
        {"a": None, "b": None},
    ]
