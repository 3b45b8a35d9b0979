"""Turn errors of Flink's SQL parser and validator into a problem with one sentence, the position in the query, and a correction."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from penstock.connectors.config.problems import Problem, nearest

_WRAPPED = re.compile(r"^(SQL (parse|validation) failed\. )+")
_SPAN = re.compile(r"^(?:From line (\d+), column (\d+) to line \d+, column \d+|At line (\d+), column (\d+)): ")
_AT = re.compile(r" at line (\d+), column (\d+)\.")
_MISSING = re.compile(r"^(Column|Object|Table) '([^']+)'")
_TOKEN = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|`(?:[^`]|``)*`|([A-Za-z_]\w*)|.", re.DOTALL)


def problem(query: str, text: str, tables: Mapping[str, Sequence[str]], keyword: Callable[[str], bool]) -> Problem:
    """Return the problem for Flink's message `text`. `tables` maps each table to its columns; `keyword` returns whether SQL reserves a
    word."""
    sentence, at = _read(text)
    columns = [column for names in tables.values() for column in names]
    allowed = "; ".join(f"{name} ({', '.join(names)})" for name, names in tables.items())
    if missing := _MISSING.match(sentence):
        do = nearest(missing[2], columns if missing[1] == "Column" else tables) or "correct the name"
        return Problem(("query",), sentence, allowed, do, at=at)
    if at:
        for line, column, word in list(_words(query, at))[:2]:
            if word.lower() in map(str.lower, columns) and keyword(word):
                return Problem(("query",), *_reserved(word), at=(line, column))
    return Problem(("query",), sentence, "", "correct the query", at=at)


def unquoted_user(query: str, columns: Sequence[str]) -> Problem | None:
    """Return a problem for a column `user` without backticks, which SQL accepts but evaluates as the function USER."""
    if "user" not in map(str.lower, columns):
        return None
    for line, column, word in _words(query, (1, 1)):
        before = query.splitlines()[line - 1][: column - 1].rstrip()
        if word.lower() == "user" and not before.endswith(".") and not before.lower().endswith(" as"):
            return Problem(("query",), *_reserved(word), at=(line, column))
    return None


def _reserved(word: str) -> tuple[str, str, str]:
    return (
        f'the column "{word}" without backticks',
        f"`{word}`",
        f"write `{word}` in backticks: it is a reserved word of SQL",
    )


def _read(text: str) -> tuple[str, tuple[int, int] | None]:
    """Return the sentence of a message without its position, and the position as line and column (from 1)."""
    text = _WRAPPED.sub("", text.strip()).split("\nWas expecting")[0].strip()
    for found in (_SPAN.match(text), _AT.search(text)):
        if found:
            line, column = (int(part) for part in found.groups() if part)
            sentence = (text[: found.start()] + text[found.end() :]).strip().splitlines()
            return (sentence or [text])[0], (line, column) if line and column else None
    return text.splitlines()[0] if text else "an error without a message", None


def _words(query: str, begin: tuple[int, int]) -> Iterator[tuple[int, int, str]]:
    """Yield line, column and text of each word from a position on, outside string literals, comments and backticks."""
    line, start = 1, 0
    for token in _TOKEN.finditer(query):
        place = (line, token.start() - start + 1)
        if token[1] and place >= begin:
            yield *place, token[1]
        if breaks := token[0].count("\n"):
            line, start = line + breaks, token.start() + token[0].rindex("\n") + 1
