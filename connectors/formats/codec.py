"""Convert between JSON values and Python values of a column type, for rows in YAML, JSON Lines files and expected rows of tests.

string, char, varchar -> str            decimal   -> Decimal          date          -> date
tinyint .. bigint     -> int            bytes     -> bytes (base64)   time          -> time
float, double         -> float          array     -> list             timestamp     -> datetime
boolean               -> bool           map, row  -> dict             timestamp_ltz -> datetime (UTC)
"""

from __future__ import annotations

import base64
import binascii
import math
import struct
from datetime import date, datetime, time, timezone
from decimal import Decimal, InvalidOperation
from typing import Any

from penstock.connectors.config.texts import shortened
from penstock.connectors.config.types import INTEGERS, Type
from penstock.connectors.formats import times
from penstock.connectors.formats.times import TimeProblem

_SPECIAL = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def decode(value: object, kind: Type) -> Any:
    """Convert a JSON value to the Python value of a type. Raises ValueError, whose text says what was found and why it is wrong."""
    if value is None:
        if not kind.nullable:
            raise ValueError(f"null, which is not a valid {kind}")
        return None
    try:
        return _decode(value, kind)
    except (TypeError, ValueError, InvalidOperation, binascii.Error, OverflowError) as problem:
        if isinstance(problem, _Nested):
            raise
        why = f": {problem}" if isinstance(problem, TimeProblem) else ""
        raise ValueError(f"{_shown(value)}, which is not a valid {kind}{why}{_hint(kind)}") from None


class _Nested(ValueError):
    """The error of an element of an array, map or row. Its text is kept."""


def _shown(value: object) -> str:
    return shortened(repr(value), 60)


def _hint(kind: Type) -> str:
    if kind.name in times.EXAMPLES:
        return f' (write "{times.EXAMPLES[kind.name]}")'
    return " (write base64)" if kind.name == "bytes" else ""


def _decode(value: object, kind: Type) -> Any:
    name = kind.name
    if kind.is_text:
        return _text(_is(value, str), kind)
    if name in INTEGERS:
        half = 1 << (INTEGERS[name] - 1)
        if not -half <= _is(value, int) < half:
            raise ValueError
        return value
    if name in ("float", "double"):
        return _float(value, name)
    if name == "decimal":
        return _decimal(value, kind)
    if name == "boolean":
        return _is(value, bool)
    if name == "bytes":
        return base64.b64decode(_is(value, str), validate=True)
    if name in ("array", "map", "row"):
        return _container(value, kind)
    return times.read(_is(value, str), kind)


def _text(value: str, kind: Type) -> str:
    length = kind.numbers[0] if kind.numbers else len(value)
    if len(value) > length or (kind.name == "char" and len(value) < length):
        raise ValueError
    return value


def _is(value: object, wanted: type) -> Any:
    if type(value) is not wanted:
        raise TypeError
    return value


def _float(value: object, name: str) -> float:
    if isinstance(value, str) and value in _SPECIAL:
        return _SPECIAL[value]
    if type(value) not in (int, float, Decimal):
        raise TypeError
    number = float(value)  # type: ignore[arg-type]
    return float(struct.unpack("f", struct.pack("f", number))[0]) if name == "float" else number


def _decimal(value: object, kind: Type) -> Decimal:
    if type(value) not in (int, float, str, Decimal):
        raise TypeError
    precision, scale = kind.numbers
    number = Decimal(str(value))
    sign_digits_exponent = number.as_tuple()
    if not isinstance(sign_digits_exponent.exponent, int):
        raise ValueError
    rounded = number.quantize(Decimal(1).scaleb(-scale), context=_WIDE)
    if rounded != number or len(rounded.as_tuple().digits) > max(precision, scale):
        raise ValueError
    return rounded


def _container(value: object, kind: Type) -> Any:
    try:
        if kind.name == "array":
            return [decode(item, kind.of[0]) for item in _is(value, list)]
        pairs = _is(value, dict)
        if kind.name == "map":
            return {decode(k, kind.of[0]): decode(v, kind.of[1]) for k, v in pairs.items()}
        if unknown := set(pairs) - set(kind.names):
            raise ValueError(f'"{min(unknown)}", which is not a field of {kind}')
        return {n: decode(pairs.get(n), t) for n, t in zip(kind.names, kind.of, strict=True)}
    except ValueError as problem:
        raise _Nested(str(problem)) from None


def encode(value: Any) -> Any:
    """Convert a Python value to a JSON value: the inverse of `decode`. A decimal with more digits than a float has is a text."""
    if isinstance(value, datetime):
        fraction = f".{value.microsecond:06d}".rstrip("0").rstrip(".") if value.microsecond else ""
        utc = value.astimezone(timezone.utc) if value.tzinfo else value
        # Not strftime: its %Y has fewer than four digits for years before 1000.
        return utc.replace(microsecond=0, tzinfo=None).isoformat() + fraction + ("Z" if value.tzinfo else "")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, float) and not math.isfinite(value):
        return next(text for text, special in _SPECIAL.items() if str(special) == str(value))
    if isinstance(value, Decimal):
        if value.as_tuple().exponent == 0:
            return int(value)
        near = float(value)
        return near if Decimal(repr(near)) == value else format(value, "f")
    if isinstance(value, list):
        return [encode(item) for item in value]
    if isinstance(value, dict):
        return {key if isinstance(key, str) else str(encode(key)): encode(item) for key, item in value.items()}
    return value


def _wide() -> Any:
    from decimal import Context

    return Context(prec=80)


_WIDE = _wide()
