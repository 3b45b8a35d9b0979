"""SQL text where only SQL can say it: checked names and typed literals, and nothing else goes in."""

from __future__ import annotations

import re
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
    return f"INTERVAL '{value / timedelta(seconds=1):.3f}' SECOND(10, 3)"


def double(value: float) -> str:
    """A DOUBLE literal of exactly this value."""
    return f"CAST({value!r} AS DOUBLE)" if "e" in repr(value) else f"CAST({value!r}e0 AS DOUBLE)"
