"""Generates SQL where the Table API has no expression. Inserts only checked names and typed literals."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}", re.ASCII)


def name(text: str) -> str:
    """Quote an identifier. Raises ValueError if the text is not a valid identifier."""
    if not _NAME.fullmatch(text):
        raise ValueError(f"not an identifier: {text!r}")
    return f"`{text}`"


def names(texts: list[str]) -> str:
    """Quote identifiers and separate them by commas."""
    return ", ".join(map(name, texts))


def interval(value: timedelta) -> str:
    """The interval literal of a duration, with a precision of milliseconds."""
    seconds, millis = divmod(value // timedelta(milliseconds=1), 1000)
    hours, minutes = divmod(seconds // 60, 60)
    clock = f"{hours % 24:02d}:{minutes:02d}:{seconds % 60:02d}.{millis:03d}"
    return f"INTERVAL '{hours // 24} {clock}' DAY(3) TO SECOND(3)"


def json_object(columns: Mapping[str, str]) -> str:
    """The SQL expression of a JSON object with these keys and SQL expressions as values. NULLs become null."""
    pairs = ", ".join(f"KEY '{name(column)[1:-1]}' VALUE {value}" for column, value in columns.items())
    return f"JSON_OBJECT({pairs} NULL ON NULL)"
