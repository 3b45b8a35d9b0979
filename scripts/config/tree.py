"""Parse strict YAML into plain values, with the position of each value and key.

The parser follows the core schema of YAML 1.2 (so `no` and `1:30` are texts). It rejects duplicate keys, anchors, aliases, tags, several
documents, keys that are not texts, files above 256 KiB, and more than 24 levels.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from penstock.connectors.config.model import TAG
from penstock.connectors.config.problems import ConfigError, KeyPath
from penstock.scripts.config.mistakes import advice, no_file, odd_character, odd_value

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
LARGEST = 256 * 1024
DEEPEST = 24
_INT = re.compile(r"[-+]?[0-9]+", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_WORDS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NULLS = ("", "~", "null", "Null", "NULL")
_FLOATS = {".inf": "inf", "-.inf": "-inf", ".nan": "nan"}


@dataclass(frozen=True)
class Mark:
    """A position: `file:line:column`, or the name of an option."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass
class Tree:
    """A document: its value, and the position of each value and each key. `plain` contains the paths of unquoted scalars, `lines` the lines
    of each file by its name."""

    value: Any
    values: dict[KeyPath, Mark] = field(default_factory=dict)
    keys: dict[KeyPath, Mark] = field(default_factory=dict)
    plain: set[KeyPath] = field(default_factory=set)
    lines: dict[str, list[str]] = field(default_factory=dict)

    def mark(self, path: KeyPath, at_key: bool = False) -> Mark:
        """Return the position of a path, or of its nearest existing parent."""
        while path and path not in self.values:
            path, at_key = path[:-1], False
        found = self.keys.get(path) if at_key else None
        return found or self.values[path]

    def inside(self, path: KeyPath, line: int, column: int) -> Mark:
        """Return the position of a line and column (from 1) inside a text: exact for a block after `|` and a text on one line, otherwise
        the start of the text."""
        start, text = self.mark(path), self.value
        if path not in self.values:
            return start
        for part in path:
            text = text[part]
        wanted = [*str(text).splitlines(), ""][line - 1]
        own = dict(enumerate(self.lines.get(start.file, []), 1))
        here = own.get(start.line, "")[start.column - 1 :]
        quote = here[:1] if here[:1] in ("'", '"') else ""
        if here.startswith(quote + wanted) and len(str(text).splitlines()) == 1:
            return Mark(start.file, start.line, start.column + len(quote) + column - 1)
        below = own.get(start.line + line, "")
        if wanted and below.endswith(wanted):
            return Mark(start.file, start.line + line, len(below) - len(wanted) + column)
        return start


class _Rejected(Exception):
    def __init__(self, event: Any, found: str, allowed: str, do: str) -> None:
        super().__init__(found)
        self.mark, self.parts = event.start_mark, (found, allowed, do)


def read(file: Path) -> Tree:
    """Return the tree of a file. Raises ConfigError."""
    try:
        with file.open("rb") as opened:
            raw = opened.read(LARGEST + 1)
    except OSError as problem:
        do = no_file(file) if isinstance(problem, FileNotFoundError) else "choose a YAML file that you may read"
        raise ConfigError("cannot be read", problem.strerror or "", "a YAML file", do, str(file)) from None
    if raw.startswith(b"PK\x03\x04"):
        do = "use the YAML file from which the archive was created: each command packages it by itself"
        raise ConfigError(
            "not a job file", "an archive, for example from penstock package", "a YAML file", do, str(file)
        )
    if len(raw) > LARGEST:
        allowed = "a job file of at most 262,144 bytes"
        raise ConfigError("too large", "over 256 KiB", allowed, "move data into separate files", str(file))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = raw[: problem.start].count(b"\n") + 1
        found = f"the byte {raw[problem.start]:#04x}"
        raise ConfigError("not UTF-8", found, "UTF-8", "save the file as UTF-8", f"{file}:{line}") from None
    return parse(text, str(file))


def parse(text: str, name: str, first_line: int = 1) -> Tree:
    """Return the tree of a text. Errors contain `name` as the name of the file. Raises ConfigError."""
    try:
        events = yaml.parse(text, Loader=_LOADER)
        tree = _Builder(name, first_line).document(events)
        tree.lines[name] = [""] * (first_line - 1) + text.splitlines()
        return tree
    except _Rejected as problem:
        at = Mark(name, problem.mark.line + first_line, problem.mark.column + 1)
        raise ConfigError("not supported here", *problem.parts, where=str(at)) from None
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        at = Mark(name, mark.line + first_line, mark.column + 1) if mark else Mark(name)
        what = " ".join(filter(None, (problem.context, problem.problem)))
        if not mark:
            raise ConfigError("not YAML", what, "", "close every bracket and quote", name) from None
        line, found, do = advice(text, mark.line, what)
        at = at if line == mark.line else Mark(name, line + first_line, 1)
        raise ConfigError("not YAML", found, "", do, str(at)) from None
    except (yaml.YAMLError, ValueError, OverflowError) as problem:
        what = str(problem).splitlines()[0][:200]
        raise ConfigError("not YAML", what, "", "remove that character", name) from None


def scalar(text: str) -> Any:
    """Return the value of an unquoted scalar."""
    if text in _NULLS:
        return None
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text) and len(text) <= 40:
        return int(text)
    if text.lower() in _FLOATS:
        return float(_FLOATS[text.lower()])
    return float(text) if _FLOAT.fullmatch(text) and len(text) <= 400 else text


class _Builder:
    def __init__(self, name: str, first_line: int) -> None:
        self._name, self._first = name, first_line
        self._tree = Tree(None)

    def document(self, events: Iterator[Event]) -> Tree:
        started = False
        self._tree.values[()] = Mark(self._name, self._first, 1)
        for event in events:
            if isinstance(event, DocumentStartEvent):
                if started:
                    raise _Rejected(event, "a second document", "one document per file", "move it into a separate file")
                started = True
            elif isinstance(event, NodeEvent):
                self._tree.value = self._node(event, events, ())
        return self._tree

    def _place(self, event: Any) -> Mark:
        return Mark(self._name, event.start_mark.line + self._first, event.start_mark.column + 1)

    def _node(self, event: Event, events: Iterator[Event], path: KeyPath) -> Any:
        self._reject_extras(event, path)
        self._tree.values[path] = self._place(event)
        if isinstance(event, ScalarEvent):
            if event.implicit[0]:
                self._tree.plain.add(path)
                self._reject_odd(event, odd_value(event.value))
            return scalar(event.value) if event.implicit[0] else event.value
        if isinstance(event, SequenceStartEvent):
            items: list[Any] = []
            while not isinstance(event := next(events), SequenceEndEvent):
                items.append(self._node(event, events, (*path, len(items))))
            return items
        return self._mapping(events, path)

    def _mapping(self, events: Iterator[Event], path: KeyPath) -> dict[str, Any]:
        result: dict[str, Any] = {}
        while not isinstance(event := next(events), MappingEndEvent):
            self._reject_extras(event, path)
            if not isinstance(event, ScalarEvent):
                raise _Rejected(event, "a list or mapping as a key", "a text", "write key: value")
            key = event.value
            here = (*path, key)
            if key == "<<" and event.implicit[0]:
                raise _Rejected(event, "a merge key <<", "keys written out", "use --overlay to share settings")
            if event.implicit[0]:
                self._reject_odd(event, odd_character(key))
            if TAG in key:
                raise _Rejected(
                    event, "a key that contains a NUL character", "a text without NUL", "remove the character"
                )
            if key in result:
                raise _Rejected(
                    event,
                    f'the key "{key[:60]}" twice (first in line {self._tree.keys[here].line})',
                    "each key once",
                    "remove one of them",
                )
            self._tree.keys[here] = self._place(event)
            result[key] = self._node(next(events), events, here)
        return result

    def _reject_odd(self, event: ScalarEvent, found: tuple[str, str] | None) -> None:
        if found:
            raise _Rejected(event, found[0], "the plain character", f"{found[1]}; or quote the whole text to keep it")

    def _reject_extras(self, event: Any, path: KeyPath) -> None:
        if isinstance(event, AliasEvent):
            raise _Rejected(
                event,
                f"the alias *{event.anchor}",
                "values written out",
                "write the value there, or quote a text that begins with *",
            )
        if getattr(event, "anchor", None):
            raise _Rejected(
                event,
                f"the anchor &{event.anchor}",
                "values written out",
                "remove it, or quote a text that begins with &",
            )
        if getattr(event, "tag", None):
            raise _Rejected(
                event, f"the tag {event.tag}", "plain values", "remove it, or quote a text that begins with !"
            )
        if len(path) > DEEPEST and isinstance(event, (MappingStartEvent, SequenceStartEvent)):
            raise _Rejected(event, f"more than {DEEPEST} levels", f"at most {DEEPEST} levels", "flatten it")
