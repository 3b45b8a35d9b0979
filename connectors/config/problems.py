"""Errors as data, for a person and for a program: the headline, what was found, what is allowed, what to do, and where.

PenstockError            an error that a user can fix; the command prints it and exits with `exit_code`
├── ConfigError          a job file or option is wrong: exit code 2
└── RunError             a run could not start, or failed: exit code 1

`render` alone makes text of an error. Code that catches one reads its fields, or its class; it never looks into the text.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

KeyPath = tuple[str | int, ...]


class PenstockError(Exception):
    """An error that a user can fix. `head` is one line, `details` are lines below it (a traceback, a log); what is empty is not shown.

    `where` is a place in a file; `others` are further errors that were found at the same time.
    """

    exit_code = 1

    def __init__(
        self, head: str, found: str = "", allowed: str = "", do: str = "", where: str = "", details: Iterable[str] = (),
        others: Sequence[PenstockError] = (),
    ) -> None:  # fmt: skip
        super().__init__(head, found, allowed, do, where)
        self.head, *below = head.split("\n")
        self.details = (*below, *details)
        self.found, self.allowed, self.do, self.where, self.others = found, allowed, do, where, tuple(others)

    def __str__(self) -> str:
        return render(self)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, as `--output json` prints it."""
        return {
            "head": self.head,
            "found": self.found,
            "allowed": self.allowed,
            "do": self.do,
            "where": self.where,
            "details": list(self.details),
            "others": [other.as_dict() for other in self.others],
        }


class ConfigError(PenstockError):
    """A job file or an option is wrong."""

    exit_code = 2

    @staticmethod
    def together(errors: Sequence[ConfigError]) -> ConfigError:
        """One error that holds all of these, each once. There must be one at least."""
        single = (one for error in errors for one in (error.alone(), *error.others))
        first, *others = {render(one): one for one in single}.values()
        return ConfigError(first.head, first.found, first.allowed, first.do, first.where, first.details, others)

    def alone(self) -> ConfigError:
        """This error without the others that were found at the same time."""
        return ConfigError(self.head, self.found, self.allowed, self.do, self.where, self.details)


class RunError(PenstockError):
    """A run could not start, or failed."""

    @classmethod
    def because(cls, head: str, problem: PenstockError, do: str = "") -> RunError:
        """The error `head: problem`. With `do` to do after what the problem itself says, if it says something."""
        do = f"{problem.do}; then {do}" if problem.do and do else problem.do or do
        return cls(
            f"{head}: {problem.head}",
            problem.found,
            problem.allowed,
            do,
            problem.where,
            problem.details,
            problem.others,
        )


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

    def error(self, owner: str) -> ConfigError:
        """The error if the job file is not available. `owner` is the job's name."""
        return ConfigError(f"{owner}: {'.'.join(map(str, self.path))}", self.found, self.allowed, self.do)


def render(error: PenstockError) -> str:
    """The text of an error, in the form that all errors have."""
    parts = (("found", error.found), ("allowed", error.allowed), ("do", error.do))
    own = [f"{error.where}: {error.head}" if error.where else error.head, *error.details]
    own += [f"  {name:<9}{text}" for name, text in parts if text]
    return "\n".join([*own, *(render(other) for other in error.others)])


def nearest(wrong: str, right: Iterable[str]) -> str:
    """`did you mean "..."?` with the most similar of the names, or an empty text if none is similar."""
    names = {name.lower(): name for name in right}
    close = difflib.get_close_matches(wrong.lower(), names, n=1, cutoff=0.6)
    return f'did you mean "{names[close[0]]}"?' if close else ""


def listed(names: Iterable[str]) -> str:
    """The names sorted and separated by commas, or `nothing` without names."""
    return ", ".join(sorted(names)) or "nothing"
