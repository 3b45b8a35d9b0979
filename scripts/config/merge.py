"""Several layers as one tree: the job file, then each `--overlay` in order, then each `--set`. The later wins."""

from __future__ import annotations

from typing import Any

from connectors.problems import ConfigError, KeyPath
from scripts.config.tree import Mark, Tree, parse

_PLUG_INS = {("source",), ("sink",), ("dead_letters",), ("job",)}


def overlay(base: Tree, upper: Tree) -> Tree:
    """Mappings merge key by key, anything else is replaced; where a plug-in stands, another plug-in replaces it."""
    result = Tree(None, dict(base.values), dict(base.keys), set(base.plain))

    def merge(lower: Any, higher: Any, path: KeyPath) -> Any:
        swapped = (
            path in _PLUG_INS and isinstance(lower, dict) and isinstance(higher, dict) and not set(lower) & set(higher)
        )
        if isinstance(lower, dict) and isinstance(higher, dict) and not swapped:
            both = dict(lower)
            for key, value in higher.items():
                below = (*path, key)
                both[key] = merge(lower[key], value, below) if key in lower else _take(upper, value, below, result)
                result.keys[below] = upper.keys[below]
            return both
        return _take(upper, higher, path, result)

    result.value = merge(base.value, upper.value, ())
    return result


def _take(tree: Tree, value: Any, path: KeyPath, into: Tree) -> Any:
    for marks, taken in ((into.values, tree.values), (into.keys, tree.keys)):
        for known in [p for p in marks if p[: len(path)] == path and p != path]:
            del marks[known]
        marks.update({p: mark for p, mark in taken.items() if p[: len(path)] == path})
    into.plain = {p for p in into.plain if p[: len(path)] != path} | {p for p in tree.plain if p[: len(path)] == path}
    return value


def setting(text: str) -> Tree:
    """The tree of one `--set a.b.c=value`; the value is read as YAML. Raises ConfigError."""
    name, equals, value = text.partition("=")
    keys = name.split(".")
    option = f"--set {text[:60]}"
    if not equals or not all(keys) or len(keys) > 24:
        raise ConfigError(
            option,
            found="no key and value",
            allowed="key.path=value",
            do="write --set source.kafka.topic=orders",
        )
    inner = parse(value, option)
    tree = Tree(inner.value)
    prefix: KeyPath = tuple(keys)
    tree.values = {(*prefix, *path): Mark(option) for path in inner.values}
    tree.keys = {(*prefix, *path): Mark(option) for path in inner.keys}
    tree.plain = {(*prefix, *path) for path in inner.plain}
    for depth in range(len(keys), 0, -1):
        tree.value = {keys[depth - 1]: tree.value}
        tree.keys[prefix[:depth]] = Mark(option)
        tree.values.setdefault(prefix[: depth - 1], Mark(option))
    return tree
