"""How a source reads the times of a column that are not ISO 8601 with a zone."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from penstock.connectors.base.invalid import invalid
from penstock.connectors.base.problems import Problem, nearest
from penstock.connectors.base.types import Type

_WORDS = ("iso", "epoch_s", "epoch_ms", "epoch_us", "epoch_ns")
_TIMES = ("date", "time", "timestamp", "timestamp_ltz")


def _reading(value: str) -> str:
    if value in _WORDS:
        return value
    try:
        if "/" not in value and value != "UTC":  # of the short names (EST, Factory) Java knows some only
            raise ValueError
        zoneinfo.ZoneInfo(value)
    except (KeyError, ValueError, OSError):  # OSError: a part of a name is a folder
        known = [*_WORDS, "UTC", *(zone for zone in zoneinfo.available_timezones() if "/" in zone)]
        raise invalid(
            found=f'"{value[:60]}", which is neither a unit nor a time zone',
            allowed=f"{', '.join(_WORDS)}, UTC, or a time zone such as Europe/Berlin",
            do=nearest(value.replace(" ", "_"), known) or "write a unit for numbers, a time zone for texts without one",
        ) from None
    return value


TimeReading = Annotated[
    str,
    AfterValidator(_reading),
    WithJsonSchema({"anyOf": [{"enum": list(_WORDS)}, {"type": "string", "examples": ["UTC", "Europe/Berlin"]}]}),
]


def check(kind: Type, reading: str, *path: str) -> None:
    """Whether a column of this type can be read so. Raises Problem."""
    found = set(_times_in(kind))
    if not found:
        do = "declare it timestamp_ltz(3)" if kind.is_number else "leave it out, or declare it timestamp_ltz(3)"
        raise Problem(path, f"type {kind}, which holds no time", "a column with a time in its type", do, at_key=True)
    if reading != "iso" and "timestamp_ltz" not in found:
        raise Problem(
            path,
            f"{reading} for type {kind}",
            "iso; numbers since 1970 and time zones are for timestamp_ltz columns",
            "declare it timestamp_ltz(3), or leave it out",
        )


def _times_in(kind: Type) -> Iterator[str]:
    if kind.name in _TIMES:
        yield kind.name
    for inner in kind.of[1:] if kind.name == "map" else kind.of:
        yield from _times_in(inner)
