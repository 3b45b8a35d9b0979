"""Words of ours that a reader from the field does not know, and the words to write instead: the table, and what finds them in a text.

`findings(text)` works on any prose. `prose(markdown)` is the prose of a Markdown page, and `texts(source)` that of a Python module.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

FORBIDDEN = {
    r"(?<!dead )(?<!dead-)(?<!capital )(?<!small )(?<!cased )\bletters?\b(?!,? (?:and |or )?(?:a )?digits?| first)": "dead letter",
    r"\bmend(?:s|ed|ing)?\b": "fix",
    r"\bmoments?\b": "timestamp, point in time",
    r"\b(?:lives|living|(?:may|to|not|none) live)\b": "running, exists",
    r"\b(?:settles?|settled|settling)\b": "reconcile",
    r"\bgives\b": "returns, outputs, emits",
    r"\b(?:is|are|was|were|be|been|being) given\b": "receives, is emitted, is set",
    r"(?<!connection )\brefus(?:e|es|ed|al|als|ing)\b": "reject, route to the dead letter queue",
    r"\bwhat cannot be read\b": "undecodable record",
    r"\b(?:rows|ones) that replace earlier (?:ones|rows)\b": "upsert rows, changelog rows",
    r"\b(?:goes|go|went|gone|going) back\b": "roll back, return",
    r"\b(?:goes|go|went) on\b": "continue",
    r"\bstands?\b(?! alone| for)": "exists, is",
    r"\b(?:is|are|be|was|were) (?-i:none)\b(?! of)": "does not exist",
    r"\bas what\b": "the name of the thing",
    r"\bwhose (?:they|it|is|are)\b": "the name of the thing",
    r"\bwhatever (?:is|was|were|may be)\b": "even if any ...",
    r"\b(?:where|when|if) nothing is (?:said|stated)\b": "by default",
    r"\b(?:must|has to|have to) be said\b": "is required",
    r"\blook(?:s|ed|ing)? after\b": "operate, monitor",
    r"\bthe way back\b": "replay, send back",
    r"\bwithout a word\b": "silently",
    r"\bbegins? anew\b": "starts again",
}
"""Pattern (case does not matter, one space is any whitespace within a paragraph) to the words to write."""

_PATTERNS = [(re.compile(pattern, re.IGNORECASE), write) for pattern, write in FORBIDDEN.items()]
_FENCED = re.compile(r"^([ \t]*)(```|~~~).*?^[ \t]*\2[ \t]*$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)
_LINK_TARGET = re.compile(r"(?<=\])\([^)]*\)|<[^>\n]*>")


@dataclass(frozen=True)
class Finding:
    """A forbidden word: its line, counted from 1, the text that was found, and the words to write."""

    line: int
    found: str
    write: str

    def __str__(self) -> str:
        return f'{self.line}: "{self.found}": write {self.write}'


def findings(text: str, first_line: int = 1) -> list[Finding]:
    """The forbidden words of a text, in order; `first_line` is the number of its first line in the file."""
    found = []
    for words, lines in _paragraphs(text, first_line):
        for pattern, write in _PATTERNS:
            found += [Finding(lines[match.start()], match[0], write) for match in pattern.finditer(words)]
    return sorted(found, key=lambda one: one.line)


def prose(markdown: str) -> str:
    """The page without code blocks, inline code and link targets, every line at its number."""
    for pattern in (_FENCED, _CODE, _LINK_TARGET):
        markdown = pattern.sub(lambda code: "``" + "\n" * code[0].count("\n"), markdown)
    return markdown


def texts(source: str) -> Iterator[tuple[int, str]]:
    """The comments, docstrings and messages of a Python module: the line on which each begins, and its text without inline code.

    A string without a space is a name, not a text.
    """
    middle = getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)  # Python 3.12 splits f-strings
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT or (token.type in (tokenize.STRING, middle) and " " in token.string):
            yield token.start[0], prose(token.string)


def _paragraphs(text: str, first_line: int) -> Iterator[tuple[str, list[int]]]:
    """Each paragraph on one line, its whitespace single spaces, and the line number of each of its characters."""
    words, lines = "", list[int]()
    for number, line in enumerate([*text.splitlines(), ""], first_line):
        if line := " ".join(line.split()):
            words += line + " "
            lines += [number] * (len(line) + 1)
        elif words:
            yield words, lines
            words, lines = "", []
