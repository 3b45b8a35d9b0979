"""What a look at the outside world found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """`state` is ok, warn or bad; `do` says how to fix it."""

    state: str
    what: str
    found: str
    do: str = ""
