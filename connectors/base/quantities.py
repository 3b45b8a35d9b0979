"""Durations (`60 s`) and sizes (`8 mb`) as people write them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Discriminator, GetJsonSchemaHandler, PlainSerializer, Tag
from pydantic_core import CoreSchema

from penstock.connectors.base.config import TAG
from penstock.connectors.base.invalid import invalid

_MILLIS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
_BYTES = {"b": 1, "kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30}
_QUANTITY = re.compile(r"(\d{1,15}(?:\.\d{1,9})?)\s*([a-zA-Z]+)", re.ASCII)
_LONGEST_MS = 999 * _MILLIS["d"]


def millis(value: timedelta) -> int:
    """A duration in whole milliseconds."""
    return value // timedelta(milliseconds=1)


def duration_text(value: timedelta) -> str:
    """The shortest spelling that reads back as the same duration."""
    ms = millis(value)
    unit = next((u for u in ("d", "h", "min", "s") if ms and ms % _MILLIS[u] == 0), "ms")
    return f"{ms // _MILLIS[unit]} {unit}"


def _amount(text: object, units: dict[str, int], what: str, example: str) -> int:
    match = _QUANTITY.fullmatch(text.strip()) if isinstance(text, str) else None
    if not match or match[2].lower() not in units:
        raise invalid(found=f"{_shown(text)}, which is not a {what}",
                allowed=f"a number and a unit ({', '.join(units)})",
                do=f"write it like {example}")  # fmt: skip
    return round(float(match[1]) * units[match[2].lower()])


def _shown(value: object) -> str:
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    ms = _amount(value, _MILLIS, "duration", '"60 s" or "5 min"')
    if not 0 <= ms <= _LONGEST_MS:
        raise invalid(found=f"{_shown(value)}, which is too long", allowed="at most 999 d", do="shorten it")
    return timedelta(milliseconds=ms)


def _positive(value: timedelta) -> timedelta:
    if not value:
        raise invalid(found="no time at all", allowed="a duration above 0", do="lengthen it")
    return value


def _size(value: object) -> int:
    return value if type(value) is int else _amount(value, _BYTES, "size", '"8 mb"')


class _Text:
    """Editors see a string with a pattern where the model holds a number or a timedelta."""

    def __init__(self, units: dict[str, int], example: str):
        self.schema = {
            "type": "string",
            "pattern": rf"^\s*\d+(\.\d+)?\s*({'|'.join(units)})\s*$",
            "examples": [example],
        }

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, object]:
        return dict(self.schema)


Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    PlainSerializer(duration_text),
    _Text(_MILLIS, "60 s"),
]
PositiveDuration = Annotated[
    timedelta,
    BeforeValidator(lambda value: _positive(_duration(value))),
    PlainSerializer(duration_text),
    _Text(_MILLIS, "60 s"),
]
Size = Annotated[int, BeforeValidator(_size), _Text(_BYTES, "8 mb")]
Ttl = Annotated[
    Annotated[Literal["never"], Tag(f"{TAG}never")] | Annotated[PositiveDuration, Tag(f"{TAG}duration")],
    Discriminator(lambda value: f"{TAG}never" if value == "never" else f"{TAG}duration"),
]
"""How long state is kept for a silent key, or the word `never`: it must be said, there is no default."""
