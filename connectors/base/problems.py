"""Exceptions for errors that a user can fix. All messages have the same parts: what was found, what is allowed, what to do.

PenstockError            an error that a user can fix; the command prints it and exits with `exit_code`
├── ConfigError          a job file or option is wrong: exit code 2
└── RunError             a run could not start, or failed: exit code 1
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable
from dataclasses import dataclass

KeyPath = tuple[str | int, ...]


class PenstockError(Exception):
    """An error that a user can fix. `str()` is the whole message: a headline, what was found, what is allowed, what to do."""

    exit_code = 1

    def __init__(self, head: str, found: str = "", allowed: str = "", do: str = "") -> None:
        super().__init__(message(head, found, allowed, do))


class ConfigError(PenstockError):
    """A job file or an option is wrong."""

    exit_code = 2


class RunError(PenstockError):
    """A run could not start, or failed."""


@dataclass(unsafe_hash=True)  # not frozen: Python writes an exception's traceback into it
class Problem(Exception):
    """One error in a job file."""

    path: KeyPath
    """The keys and list indexes from the root of the job file to the value."""

    found: str
    allowed: str = ""
    do: str = ""

    at_key: bool = False
    """Whether the message points to the key instead of its value."""

    at: tuple[int, int] | None = None
    """Line and column, counted from 1, inside the value's text, such as a SQL query."""

    def below(self, *prefix: str | int) -> Problem:
        """The same error with `prefix` before its path."""
        return dataclasses.replace(self, path=(*prefix, *self.path))

    def text(self, owner: str) -> str:
        """The message if the job file is not available. `owner` is the job's name."""
        return message(f"{owner}: {'.'.join(map(str, self.path))}", self.found, self.allowed, self.do)


def message(head: str, found: str = "", allowed: str = "", do: str = "") -> str:
    """Format a message: the headline, then a line for each part that is not empty."""
    parts = (("found", found), ("allowed", allowed), ("do", do))
    return "\n".join([head, *(f"  {name:<9}{text}" for name, text in parts if text)])


def nearest(wrong: str, right: Iterable[str]) -> str:
    """`did you mean "..."?` with the most similar of the names, or an empty text if none is similar."""
    names = {name.lower(): name for name in right}
    close = difflib.get_close_matches(wrong.lower(), names, n=1, cutoff=0.6)
    return f'did you mean "{names[close[0]]}"?' if close else ""


def listed(names: Iterable[str]) -> str:
    """The names sorted and separated by commas, or `nothing` if there are none."""
    return ", ".join(sorted(names)) or "nothing"
