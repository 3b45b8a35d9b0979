"""A changed key of a job file as lines for a person: a list of plug-ins item by item, other values as `old -> new`."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from penstock.connectors.config.texts import counted, shortened

_LONGEST = 100
_BEFORE = 30
_MOST_ITEMS = 10


def changed(path: str, old: Any, new: Any) -> list[str]:
    """The lines of one key, whose `path` is such as `job.0.dedup.key`."""
    if isinstance(old, list) and isinstance(new, list) and all(isinstance(one, dict) for one in (*old, *new)):
        lines = list(_items("step" if path == "job" else path, old, new))
        more = [f"  ~ {path}: {counted(len(lines) - _MOST_ITEMS, 'more change')}"] if len(lines) > _MOST_ITEMS else []
        return [*lines[:_MOST_ITEMS], *more]
    before, after = _around(_text(old), _text(new))
    return [f"  ~ {path}: {before} -> {after}"]


def _items(what: str, old: Sequence[Any], new: Sequence[Any]) -> Iterator[str]:
    """A line for each item that only one of the lists has, with its number there."""
    before, after = ([json.dumps(one, sort_keys=True) for one in items] for items in (old, new))
    for _, i, end_i, j, end_j in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if before[i:end_i] != after[j:end_j]:
            yield from (f"  - {what} {number + 1} {_item(old[number])}" for number in range(i, end_i))
            yield from (f"  + {what} {number + 1} {_item(new[number])}" for number in range(j, end_j))


def _item(item: dict[str, Any]) -> str:
    """A plug-in as `dedup: key id, keep first`; other items as JSON."""
    name, fields = next(iter(item.items()), ("", None))
    if len(item) != 1 or not isinstance(fields, dict):
        return shortened(_text(item), _LONGEST)
    keys = ", ".join(f"{key} {_text(value)}" for key, value in fields.items())
    return shortened(f"{name}: {keys}" if keys else name, _LONGEST)


def _around(old: str, new: str) -> tuple[str, str]:
    """Both texts, or what they hold around the first place where they differ if one is long."""
    pairs = enumerate(zip(old, new, strict=False))
    same = next((index for index, (one, other) in pairs if one != other), min(len(old), len(new)))
    start = same - _BEFORE if max(len(old), len(new)) > _LONGEST and same > _BEFORE else 0
    before, after = (f"...{text[start:]}" if start else text for text in (old, new))
    return shortened(before, _LONGEST), shortened(after, _LONGEST)


def _text(value: Any) -> str:
    return "nothing" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
