"""What is wrong with a configuration, said in one form everywhere: found, allowed, what to do.

PenstockError            anything a user can fix; the command prints it and exits with `exit_code`
├── ConfigError          a job file (or option) that says something wrong: exit 2
└── RunError             a run that could not start or failed: exit 1
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable
from dataclasses import dataclass

KeyPath = tuple[str | int, ...]


class PenstockError(Exception):
    """An error for a person: its text is the whole message, made of a headline, what was found, is allowed, is to do."""

    exit_code = 1

    def __init__(self, head: str, found: str = "", allowed: str = "", do: str = "") -> None:
        super().__init__(message(head, found, allowed, do))


class ConfigError(PenstockError):
    """The question was asked wrongly."""

    exit_code = 2


class RunError(PenstockError):
    """The run could not start, or failed."""


@dataclass(unsafe_hash=True)  # not frozen: Python writes an exception's traceback into it
class Problem(Exception):
    """One finding about a configuration.

    `path` leads from the root of the job file to the key; `at_key` points at the key itself rather than at its value, and `at` at a
    line and a column (from 1) of the value's text.
    """

    path: KeyPath
    found: str
    allowed: str = ""
    do: str = ""
    at_key: bool = False
    at: tuple[int, int] | None = None

    def below(self, *prefix: str | int) -> Problem:
        """The same finding, seen from further up."""
        return dataclasses.replace(self, path=(*prefix, *self.path))

    def text(self, owner: str) -> str:
        """The message where the job file is not at hand: `owner` is the job's name."""
        return message(f"{owner}: {'.'.join(map(str, self.path))}", self.found, self.allowed, self.do)


def message(head: str, found: str = "", allowed: str = "", do: str = "") -> str:
    """A message in the one form that all of ours have; parts that are empty stay away."""
    parts = (("found", found), ("allowed", allowed), ("do", do))
    return "\n".join([head, *(f"  {name:<9}{text}" for name, text in parts if text)])


def nearest(wrong: str, right: Iterable[str]) -> str:
    """`did you mean "..."?`, or nothing when no name is near."""
    names = {name.lower(): name for name in right}
    close = difflib.get_close_matches(wrong.lower(), names, n=1, cutoff=0.6)
    return f'did you mean "{names[close[0]]}"?' if close else ""


def listed(names: Iterable[str]) -> str:
    """Names for a message, in order, or a word where there are none."""
    return ", ".join(sorted(names)) or "nothing"
