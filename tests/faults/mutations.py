"""Damaged records of many kinds."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

COLUMNS = {
    "n": "bigint not null", "text": "string", "x": "double", "d": "decimal(20,4)", "flag": "boolean", "b": "bytes",
    "at": "timestamp_ltz(3)", "day": "date", "tags": "array<string>", "m": "map<string,double>", "r": "row<a int, b string>",
}  # fmt: skip


def good(dice: random.Random, n: int) -> bytes:
    """A record from which every column can be decoded."""
    row = {
        "n": n, "text": dice.choice(["a", "ß", "\N{GRINNING FACE}", 'q"\\', ""]), "x": dice.uniform(-1e6, 1e6), "d": f"{n}.5",
        "flag": n % 2 == 0, "b": "AAEC", "at": "2026-01-01T00:00:00.123Z", "day": "2026-01-01", "tags": ["a", None],
        "m": {"k": 1.5}, "r": {"a": n % 100, "b": "c"},
    }  # fmt: skip
    return json.dumps(row, ensure_ascii=dice.random() < 0.5).encode()


def _truncated(dice: random.Random, value: bytes) -> bytes:
    return value[: dice.randrange(len(value))]


def _flipped(dice: random.Random, value: bytes) -> bytes:
    bits = bytearray(value)
    for _ in range(dice.choice([1, 1, 1, 8])):
        bits[dice.randrange(len(bits))] ^= 1 << dice.randrange(8)
    return bytes(bits)


def _not_utf8(dice: random.Random, value: bytes) -> bytes:
    at = dice.randrange(len(value))
    return value[:at] + dice.choice([b"\xff", b"\xc3\x28", b"\xed\xa0\x80", b"\xf0\x9f", b"\x00"]) + value[at:]


def _deep(dice: random.Random, value: bytes) -> bytes:
    depth = dice.choice([10, 500, 999, 1001, 20_000])
    opening, closing = dice.choice([(b"[", b"]"), (b'{"a":', b"}")])
    nested = opening * depth + b"1" + closing * depth
    return dice.choice([nested, b'{"n": 1, "extra": ' + nested + b"}"])


def _number(dice: random.Random, value: bytes) -> bytes:
    number = dice.choice(
        [
            "1" * 400,
            "-" + "9" * 30,
            "1e400",
            "1e-400",
            "1e999999999",
            "0x1",
            "1_000",
            "01",
            "+1",
            "1.",
            ".5",
            "-0",
            "1.9",
        ]
    )
    field = dice.choice(["n", "x", "d", "at", "flag", "text"])
    return f'{{"n": 1, "{field}": {number}}}'.encode()


def _nan(dice: random.Random, value: bytes) -> bytes:
    return f'{{"n": 1, "x": {dice.choice(["NaN", "Infinity", "-Infinity", "nan"])}}}'.encode()


def _repeated(dice: random.Random, value: bytes) -> bytes:
    return value[:-1] + f', "n": {dice.randrange(1000)}, "text": {dice.choice(["null", "1", "[]"])}}}'.encode()


def _other_kind(dice: random.Random, value: bytes) -> bytes:
    field = dice.choice(list(COLUMNS))
    other = dice.choice(["null", '"x"', "[]", "{}", "true", "1.5", '"2026-13-45"', '[{"a": 1}]', '{"a": "b"}'])
    return f'{{"n": 1, "{field}": {other}}}'.encode()


def _oversized(dice: random.Random, value: bytes) -> bytes:
    filler = dice.randbytes(dice.choice([1000, 70_000])).hex().encode()
    return dice.choice([b'{"n": 1, "text": "' + filler + b'"}', filler, b'{"n": ' + filler])


def _around(dice: random.Random, value: bytes) -> bytes:
    before, after = dice.choice(
        [(b"", b" trailing"), (b"\xef\xbb\xbf", b""), (b"  \n", b"\n"), (b"", value), (b"[", b"]"), (b"", b"\x00")]
    )
    return before + value + after


_MUTATIONS: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    _truncated, _flipped, _not_utf8, _deep, _number, _nan, _repeated, _other_kind, _around,
)  # fmt: skip


def record(dice: random.Random, n: int) -> bytes | None:
    """The n-th record: usually damaged, sometimes intact, empty or a tombstone; one in a thousand is large."""
    turn = dice.random()
    if turn < 0.02:
        return None if turn < 0.01 else b""
    value = good(dice, n)
    if turn < 0.12:
        return value
    if turn < 0.121:
        return _oversized(dice, value)
    return dice.choice(_MUTATIONS)(dice, value)
