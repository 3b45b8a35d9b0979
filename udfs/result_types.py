"""Check what a user's function returns against the column's type, before Flink encodes it.

Flink's own encoder fails on a value of another type with a stack trace of its internals, and silently accepts some wrong values: it
drops a time zone, and the time of day from a date. A checker is created once for a type; a value that fits costs one or two
comparisons.

    string, char, varchar -> str         decimal -> Decimal, int      timestamp     -> datetime without a zone
    tinyint .. bigint     -> int         bytes   -> bytes             timestamp_ltz -> datetime with a zone
    float, double         -> float, int  date    -> date              array         -> list, tuple
    boolean               -> bool        time    -> time              map, row      -> dict (a row also as a Row or a tuple)

A numpy scalar counts as the Python value that it holds. A value that the type cannot hold exactly is rounded: a float to single precision,
a decimal to its scale (half to even), a time down to seconds, a timestamp down to its precision.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from datetime import date, datetime, time, timezone
from decimal import Context, Decimal, InvalidOperation
from typing import Any, NamedTuple

Checker = Callable[[Any], Any]
_BITS = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}


class Wanted(NamedTuple):
    """The expected column type, as plain data, so that a Python worker does not import the config models."""

    text: str
    """The type as a job file writes it, for error messages. The other fields are those of `Type`."""

    name: str
    numbers: tuple[int, ...] = ()
    of: tuple[Wanted, ...] = ()
    names: tuple[str, ...] = ()
    nullable: bool = True

    @classmethod
    def like(cls, kind: Any) -> Wanted:
        """Convert a `penstock.connectors.config.types.Type`."""
        of = tuple(map(cls.like, kind.of))
        return cls(str(kind), kind.name, kind.numbers, of, kind.names, kind.nullable)


class TypeMismatch(ValueError):
    """The type cannot hold a value. The text shows the value, its Python type, the column type, and why it does not fit."""

    def __init__(self, value: object, wanted: str, why: str = "") -> None:
        shown = f"{value!r:.200} ({type(value).__name__})"
        super().__init__(f"{shown}, which does not fit {wanted}{f': {why}' if why else ''}")


def checker(wanted: Wanted, row: Callable[..., Any] = dict) -> Checker:
    """Create a function that returns the value that the type holds, or raises TypeMismatch. `row(**fields)` creates a row."""
    check = _checker(wanted, row)
    if wanted.nullable:
        return lambda value: None if value is None else check(value)

    def present(value: Any) -> Any:
        if value is None:
            raise TypeMismatch(value, wanted.text)
        return check(value)

    return present


def _checker(wanted: Wanted, row: Callable[..., Any]) -> Checker:
    name = wanted.name
    if name in _BITS:
        return _integers(wanted.text, 1 << (_BITS[name] - 1))
    if name in _CONTAINERS:
        return _CONTAINERS[name](wanted, row)
    exact, convert = _SIMPLE[name](wanted)

    def check(value: Any) -> Any:
        # A subclass, such as pandas' Timestamp, or a datetime for a date, must be converted or rejected first.
        return convert(value if type(value) is exact else _plain(value, exact, wanted.text))

    return check


def _plain(value: Any, exact: type, text: str) -> Any:
    """Convert a value of another Python type to the type `exact`. Raises TypeMismatch if they are not equivalent."""
    if type(value).__module__ == "numpy" and hasattr(value, "item") and not getattr(value, "shape", ()):
        value = value.item()
    elif hasattr(value, "to_pydatetime"):
        value = value.to_pydatetime(warn=False)
    if type(value) is int and exact in (float, Decimal):
        try:
            return exact(value)
        except OverflowError:
            raise TypeMismatch(value, text, "it is out of range") from None
    if type(value) is bytearray and exact is bytes:
        return bytes(value)
    if not isinstance(value, exact) or (exact is date and isinstance(value, datetime)):
        why = "it would lose its time of day: return value.date()" if exact is date and type(value) is datetime else ""
        raise TypeMismatch(value, text, why)
    return value


def _integers(text: str, half: int) -> Checker:
    def check(value: Any) -> Any:
        if type(value) is int and -half <= value < half:
            return value
        plain = value.item() if type(value).__module__ == "numpy" and hasattr(value, "item") else value
        if type(plain) is not int:
            raise TypeMismatch(value, text)
        if not -half <= plain < half:
            raise TypeMismatch(value, text, f"it is out of range, {-half} to {half - 1}")
        return plain

    return check


def _float(wanted: Wanted) -> tuple[type, Checker]:
    single = struct.Struct("<f")

    def convert(value: float) -> float:
        try:
            return float(single.unpack(single.pack(value))[0])
        except OverflowError:
            raise TypeMismatch(value, wanted.text, "it is out of range") from None

    return float, convert


def _decimal(wanted: Wanted) -> tuple[type, Checker]:
    precision, scale = wanted.numbers
    unit, context = Decimal(1).scaleb(-scale), Context(prec=precision)

    def convert(value: Decimal) -> Decimal:
        try:
            if value.is_finite():
                return value.quantize(unit, context=context)
        except InvalidOperation:
            pass
        why = f"it must be finite, with at most {precision - scale} digits before the decimal point"
        raise TypeMismatch(value, wanted.text, why)

    return Decimal, convert


def _text(wanted: Wanted) -> tuple[type, Checker]:
    most = wanted.numbers[0] if wanted.numbers else math.inf
    least = most if wanted.name == "char" else 0

    def convert(value: str) -> str:
        if not least <= len(value) <= most:
            raise TypeMismatch(value, wanted.text, f"it has {len(value)} character{'' if len(value) == 1 else 's'}")
        if not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                why = "it contains half of a surrogate pair, which is not valid Unicode text"
                raise TypeMismatch(value, wanted.text, why) from None
        return value

    return str, convert


def _timestamp(wanted: Wanted) -> tuple[type, Checker]:
    zoned, unit = wanted.name == "timestamp_ltz", 10 ** max(0, 6 - wanted.numbers[0])

    def convert(value: datetime) -> datetime:
        if (value.tzinfo is None) is zoned:
            zone = "a time zone, such as value.replace(tzinfo=timezone.utc)"
            do = f"return it with {zone}" if zoned else "return it without a time zone"
            raise TypeMismatch(value, wanted.text, do)
        if zoned:
            value = value.astimezone(timezone.utc)
        return value if value.microsecond % unit == 0 else value.replace(microsecond=value.microsecond // unit * unit)

    return datetime, convert


def _time(wanted: Wanted) -> tuple[type, Checker]:
    def convert(value: time) -> time:
        if value.tzinfo:
            raise TypeMismatch(value, wanted.text, "return it without a time zone")
        return value.replace(microsecond=0)

    return time, convert


def _array(wanted: Wanted, row: Callable[..., Any]) -> Checker:
    element = checker(wanted.of[0], row)

    def check(value: Any) -> list[Any]:
        items = value.tolist() if type(value).__module__ == "numpy" and hasattr(value, "tolist") else value
        if not isinstance(items, (list, tuple)):
            raise TypeMismatch(value, wanted.text)
        return [_part(element, item, value, wanted, f"element {index}") for index, item in enumerate(items)]

    return check


def _map(wanted: Wanted, row: Callable[..., Any]) -> Checker:
    keys, values = checker(wanted.of[0]._replace(nullable=False), row), checker(wanted.of[1], row)

    def check(value: Any) -> dict[Any, Any]:
        if not isinstance(value, dict):
            raise TypeMismatch(value, wanted.text)
        return {
            _part(keys, key, value, wanted, "a key"): _part(values, item, value, wanted, f"the value of {key!r:.40}")
            for key, item in value.items()
        }

    return check


def _row(wanted: Wanted, row: Callable[..., Any]) -> Checker:
    names, fields = wanted.names, [checker(kind, row) for kind in wanted.of]

    def check(value: Any) -> Any:
        parts = value
        if not isinstance(value, (dict, list)) and hasattr(value, "as_dict"):  # a PyFlink Row
            parts = value.as_dict() if hasattr(value, "_fields") else tuple(value)
        if isinstance(parts, (tuple, list)) and len(parts) == len(names):
            parts = dict(zip(names, parts, strict=True))
        if not isinstance(parts, dict) or set(parts) - set(names):
            raise TypeMismatch(value, wanted.text, f"its fields must be {', '.join(names)}")
        checks = zip(names, fields, strict=True)
        return row(**{n: _part(field, parts.get(n), value, wanted, f"field {n}") for n, field in checks})

    return check


def _part(check: Checker, part: Any, whole: Any, wanted: Wanted, where: str) -> Any:
    try:
        return check(part)
    except TypeMismatch as problem:
        raise TypeMismatch(whole, wanted.text, f"{where} is {problem}") from None


_SIMPLE: dict[str, Callable[[Wanted], tuple[type, Checker]]] = {
    "double": lambda wanted: (float, float),
    "float": _float,
    "decimal": _decimal,
    "boolean": lambda wanted: (bool, bool),
    **dict.fromkeys(("string", "char", "varchar"), _text),
    "bytes": lambda wanted: (bytes, bytes),
    "date": lambda wanted: (date, lambda value: value),
    "time": _time,
    **dict.fromkeys(("timestamp", "timestamp_ltz"), _timestamp),
}
_CONTAINERS: dict[str, Callable[[Wanted, Callable[..., Any]], Checker]] = {"array": _array, "map": _map, "row": _row}
