"""Detect frequent mistakes in job files for which the messages of the YAML parser give no usable advice."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

_NAMES = {
    "\u00a0": "a no-break space",
    "\u3000": "a full-width space",
    "\uff1a": "a full-width colon",
    "\uff0c": "a full-width comma",
}
_QUOTES = "\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb"
_ODD = re.compile(f"[{''.join(_NAMES)}{_QUOTES}]")
_REFERENCE = re.compile(r"(?<![\"'\w])\$\{[^}\"']*\}?")
_NO_SPACE = re.compile(r"([A-Za-z_][\w.-]*):([^\s:/,}\]][^\s,}\]]*)")
_TAB = re.compile(r" *\t")

_SYNONYMS = {
    "avg": "mean", "average": "mean", "total": "sum", "minimum": "min", "maximum": "max", "countd": "distinct_count",
    "count_distinct": "distinct_count", "nunique": "distinct_count", "distinct": "distinct_count", "std": "standard_deviation",
    "stdev": "standard_deviation", "stddev": "standard_deviation", "stddev_samp": "standard_deviation",
    "stddev_pop": "standard_deviation_population", "var": "variance", "var_samp": "variance", "var_pop": "variance_population",
    "tumbling": "tumble", "hopping": "hop", "sliding": "hop", "slide": "hop", "cumulative": "cumulate", "sliding_rows": "rolling_rows",
    "brokers": "bootstrap", "servers": "bootstrap", "bootstrap_servers": "bootstrap", "bootstrap.servers": "bootstrap",
    "topics": "topic", "group_id": "group", "group.id": "group", "schema": "columns", "fields": "columns", "keys": "key",
    "rate": "rows_per_second", "dlq": "dead_letters", "dead_letter": "dead_letters", "sinks": "sink", "jobs": "job", "steps": "job",
    "watermark": "event_time", "checkpoint_interval": "checkpoint",
}  # fmt: skip
"""Names of keys in other systems, and the corresponding keys of Penstock."""


def synonym(word: str, allowed: Collection[str]) -> str:
    """Return `write mean: ...` for `avg` where `mean` is allowed; otherwise an empty text."""
    ours = _SYNONYMS.get(word.lower(), "")
    return f"write {ours}: ..." if ours in allowed else ""


def odd_character(text: str) -> tuple[str, str] | None:
    """Return the first character of a key that only looks like a character of YAML's syntax, and the correction."""
    found = _ODD.search(text)
    if not found:
        return None
    if found[0] in _QUOTES:
        return f"the quotation mark {found[0]} (U+{ord(found[0]):04X})", "write \" or '"
    plain = {"a full-width colon": "a colon and a space", "a full-width comma": "a plain comma"}
    name = _NAMES[found[0]]
    return f"{name} (U+{ord(found[0]):04X})", f"write {plain.get(name, 'a plain space')}"


def odd_value(text: str) -> tuple[str, str] | None:
    """Return the same for an unquoted value with typographic quotation marks around it, or a special space at its start or end."""
    quoted = len(text) > 1 and text[0] in _QUOTES and text[-1] in _QUOTES
    spaced = text[:1] in "\u00a0\u3000" or text[-1:] in "\u00a0\u3000"
    return odd_character(text[0] + text[-1]) if text and (quoted or spaced) else None


def no_space(text: str) -> str:
    """Return the correction for `topic:orders`, which YAML reads as one text; otherwise an empty text."""
    found = _NO_SPACE.fullmatch(text.strip())
    return f"write a space after the colon: {found[1]}: {found[2]}" if found else ""


def no_file(file: Path) -> str:
    """Return the correction for a file that does not exist; `penstock upgrade NAME` has the name of a job where a path belongs."""
    if file.suffix or len(file.parts) != 1:
        return "correct the path"
    near = (Path(f"{folder}{file}{suffix}") for folder in ("", "conf/jobs/") for suffix in (".yaml", ".yml"))
    path = next((path for path in near if path.is_file()), None)
    return f"write the path of the job file: {path}" if path else f"write the path of the job file, such as {file}.yaml"


def misread(value: object) -> str:
    """Return the correction for a line of keys that YAML reads as one text; otherwise an empty text."""
    if not isinstance(value, str):
        return ""
    odd = odd_character(value)
    return no_space(value) or (odd[1] if odd else "")


def advice(text: str, line: int, what: str) -> tuple[int, str, str]:
    """Return the line, what was found and what to do, for an error of the YAML parser in this line (from 0) or the line before."""
    lines = [*text.splitlines(), "", ""]
    near = [(number, lines[number]) for number in (line, line - 1) if 0 <= number < len(lines)]
    for number, content in near:
        if _TAB.match(content):
            return number, "a tab in the indentation", "indent with spaces"
        if odd := odd_character(content):
            return number, *odd
    for number, content in near:
        reference = _REFERENCE.search(content)
        if reference and re.search(r"[{\[]", content[: reference.start()]):
            return number, f"{reference[0]} without quotes inside braces", f'quote it: "{reference[0]}"'
    for number, content in near:
        if do := no_space(content):
            return number, f'"{content.strip()[:60]}"', do
    here, above = lines[line], next((row for row in reversed(lines[:line]) if row.strip()), "")
    depth, before = (len(row) - len(row.lstrip(" ")) for row in (here, above))
    if "mapping values" in what and depth > before and re.search(r":\s+\S", above) and here.count(": ") <= 1:
        return (
            line,
            "a line that is indented below a key with a value",
            "give both lines the same indentation",
        )
    if "mapping values" in what:
        return line, "a colon and a space inside a text that is not quoted", "quote the text"
    if "cannot start any token" in what:
        return line, what, "quote the text"
    if "did not find expected key" in what or "block" in what:
        return line, what, "give the keys of one mapping the same indentation"
    if "quoted scalar" in what:
        return line, what, "close the quote"
    return line, what, "close each bracket and quote, and indent with spaces"
