"""The config value that says how a source reads the times of a column, if they are not ISO 8601 with an offset."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from penstock.connectors.config.invalid import invalid
from penstock.connectors.config.problems import Problem, nearest
from penstock.connectors.config.types import Type

_WORDS = ("iso", "epoch_s", "epoch_ms", "epoch_us", "epoch_ns")
_TIMES = ("date", "time", "timestamp", "timestamp_ltz")


def _reading(value: str) -> str:
    if value in _WORDS:
        return value
    try:
        if "/" not in value and value != "UTC":  # Java does not know all of the short names, such as EST or Factory
            raise ValueError
        zoneinfo.ZoneInfo(value)
    except (KeyError, ValueError, OSError):  # OSError: the name is that of a folder in the time zone database
        known = [*_WORDS, "UTC", *(zone for zone in zoneinfo.available_timezones() if "/" in zone)]
        raise invalid(
            found=f'"{value[:60]}", which is neither a unit nor a time zone',
            allowed=f"{', '.join(_WORDS)}, UTC, or a time zone such as Europe/Berlin",
            do=nearest(value.replace(" ", "_"), known)
            or "write a unit for numbers, or a time zone for texts without an offset",
        ) from None
    return value


TimeReading = Annotated[
    str,
    AfterValidator(_reading),
    WithJsonSchema({"anyOf": [{"enum": list(_WORDS)}, {"type": "string", "examples": ["UTC", "Europe/Berlin"]}]}),
]


def check(kind: Type, reading: str, *path: str) -> None:
    """Check that the times of a column of this type can be read in this way. Raises Problem at `path`."""
    found = set(_times_in(kind))
    if not found:
        declare = f"declare {path[-1]} as timestamp_ltz(3)"
        do = declare if kind.is_number else f"remove {path[-1]} from times, or {declare}"
        raise Problem(
            path, f"a column of type {kind}, which holds no time", "a column that holds times", do, at_key=True
        )
    if reading != "iso" and "timestamp_ltz" not in found:
        raise Problem(
            path,
            f"{reading} for a column of type {kind}",
            "iso; units and time zones are for timestamp_ltz columns",
            f"declare {path[-1]} as timestamp_ltz(3), or remove it from times",
        )


def _times_in(kind: Type) -> Iterator[str]:
    if kind.name in _TIMES:
        yield kind.name
    for inner in kind.of[1:] if kind.name == "map" else kind.of:
        yield from _times_in(inner)
