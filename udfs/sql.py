"""SQL text where only SQL can say it: checked names and typed literals, and nothing else goes in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}", re.ASCII)


def name(text: str) -> str:
    """A quoted identifier. Raises ValueError for anything that is not one."""
    if not _NAME.fullmatch(text):
        raise ValueError(f"not an identifier: {text!r}")
    return f"`{text}`"


def names(texts: list[str]) -> str:
    """Quoted identifiers with commas between."""
    return ", ".join(map(name, texts))


def interval(value: timedelta) -> str:
    """An interval literal, in milliseconds."""
    seconds, millis = divmod(value // timedelta(milliseconds=1), 1000)
    hours, minutes = divmod(seconds // 60, 60)
    clock = f"{hours % 24:02d}:{minutes:02d}:{seconds % 60:02d}.{millis:03d}"
    return f"INTERVAL '{hours // 24} {clock}' DAY(3) TO SECOND(3)"


def json_object(columns: Mapping[str, str]) -> str:
    """A JSON text of these columns (name to SQL expression), NULLs as null."""
    pairs = ", ".join(f"KEY '{name(column)[1:-1]}' VALUE {value}" for column, value in columns.items())
    return f"JSON_OBJECT({pairs} NULL ON NULL)"
