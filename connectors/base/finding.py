"""One result of `Connector.diagnose`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One result of a check of an external system."""

    state: str
    """`ok`, `warn` or `bad`."""

    what: str
    """What was checked, such as `topic orders`."""

    found: str
    """What was found there."""

    do: str = ""
    """How to fix it; empty if there is nothing to fix."""
