"""Long lines of text, wrapped at words to a width."""

from __future__ import annotations

import re
import textwrap

_LABEL = re.compile(r" *(?:\S+(?: \S+)* {2,}|[!~+-] )?")
_DEEPEST = 24


def wrapped(text: str, width: int) -> str:
    """The text with each line wrapped at words. What follows is indented below the text behind the label of its line, such as
    `  checkpoint   `. A word that is longer than a line, such as a path, stays whole: so it can be copied."""
    return "\n".join(part for line in text.split("\n") for part in _parts(line, width))


def _parts(line: str, width: int) -> list[str]:
    if len(line) <= width:
        return [line]
    label = _LABEL.match(line)
    indent = label.end() if label and label.end() <= _DEEPEST else 0
    start = len(line) - len(line.lstrip(" "))
    if indent == start and start:
        indent += 2
    return textwrap.wrap(
        line, width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False,
        replace_whitespace=False, expand_tabs=False,
    )  # fmt: skip
