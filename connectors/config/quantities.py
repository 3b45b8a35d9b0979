"""Durations of job files, such as `60 s`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Discriminator, GetJsonSchemaHandler, PlainSerializer, Tag
from pydantic_core import CoreSchema

from penstock.connectors.config.invalid import invalid
from penstock.connectors.config.model import TAG
from penstock.connectors.config.texts import shortened

_MILLIS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}

_QUANTITY = re.compile(r"(\d{1,15}(?:\.\d{1,9})?)\s*([a-zA-Z]+)", re.ASCII)
_WORDS = {
    **dict.fromkeys(("millisecond", "milli", "msec"), "ms"),
    **dict.fromkeys(("second", "sec"), "s"),
    **dict.fromkeys(("minute", "m"), "min"),
    **dict.fromkeys(("hour", "hr"), "h"),
    "day": "d",
}
"""Words for a unit, in the singular -> the unit to write instead."""

_LONGEST_MS = 999 * _MILLIS["d"]


def millis(value: timedelta) -> int:
    """Convert a duration to whole milliseconds, rounded down."""
    return value // timedelta(milliseconds=1)


def duration_text(value: timedelta) -> str:
    """Write a duration with the largest unit that divides it. Reads back as the same duration."""
    ms = millis(value)
    unit = next((u for u in ("d", "h", "min", "s") if ms and ms % _MILLIS[u] == 0), "ms")
    return f"{ms // _MILLIS[unit]} {unit}"


def _shown(value: object) -> str:
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return shortened(text, 60)


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    match = _QUANTITY.fullmatch(value.strip()) if isinstance(value, str) else None
    if not match or match[2].lower() not in _MILLIS:
        raise invalid(
            found=f"{_shown(value)}, which is not a duration",
            allowed=f"a number and a unit ({', '.join(_MILLIS)})",
            do=_advice(value, match[1], match[2].lower()) if match else _advice(value),
        )
    ms = round(float(match[1]) * _MILLIS[match[2].lower()])
    if ms > _LONGEST_MS:
        raise invalid(found=f"{_shown(value)}, which is too long", allowed="at most 999 d", do="write a shorter one")
    return timedelta(milliseconds=ms)


def _advice(value: object, number: str = "", word: str = "") -> str:
    if isinstance(value, str) and value.strip().startswith("-"):
        return f'write a duration without the sign: "{value.strip()[1:].strip()[:20]}"'
    unit = _WORDS.get(word.removesuffix("s"))
    return f'write "{number} {unit}"' if unit else 'write, for example, "60 s" or "5 min"'


def _positive(value: timedelta) -> timedelta:
    if not value:
        raise invalid(found="a duration of 0", allowed="a duration above 0", do="write a longer one")
    return value


class _Text:
    """Describe the field as a string with a pattern in the JSON Schema, although the model holds a timedelta."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, object]:
        return {
            "type": "string",
            "pattern": rf"^\s*\d+(\.\d+)?\s*({'|'.join(_MILLIS)})\s*$",
            "examples": ["60 s"],
        }


Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    PlainSerializer(duration_text),
    _Text(),
]
PositiveDuration = Annotated[
    timedelta,
    BeforeValidator(lambda value: _positive(_duration(value))),
    PlainSerializer(duration_text),
    _Text(),
]
Ttl = Annotated[
    Annotated[Literal["never"], Tag(f"{TAG}never")] | Annotated[PositiveDuration, Tag(f"{TAG}duration")],
    Discriminator(lambda value: f"{TAG}never" if value == "never" else f"{TAG}duration"),
]
"""How long the state of a key is kept without use, or the word `never`. It has no default, so a job file must choose."""
