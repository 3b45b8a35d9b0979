"""Merge several layers into one tree: the job file, each `--overlay` in order, each `--set` in order. Later layers win."""

from __future__ import annotations

from typing import Any

from penstock.connectors.config.problems import ConfigError, KeyPath
from penstock.scripts.config.tree import Mark, Tree, parse

_PLUG_IN_KEYS = ("source", "sink", "dead_letters", "job", "target")

_DOTTED = ("options", "properties")
"""Keys below which each key is a name with dots, such as a Flink option."""


def _holds_plug_in(path: KeyPath) -> bool:
    """Whether the value at a path is a plug-in: a mapping with one key, the name of the plug-in."""
    if len(path) == 2:
        return path[0] == "sources" or (path[0] in ("sink", "job") and isinstance(path[1], int))
    return len(path) == 1 and path[0] in _PLUG_IN_KEYS


def overlay(base: Tree, upper: Tree) -> Tree:
    """Return both layers merged: mappings key by key, any other value replaced by the value of the upper layer.

    Another plug-in replaces the plug-in of the lower layer. `null` removes a key. A mapping of positions (`{0: ...}`) changes items of a
    list.
    """
    result = Tree(None, dict(base.values), dict(base.keys), set(base.plain), {**base.lines, **upper.lines})

    def merge(lower: Any, higher: Any, path: KeyPath, source: KeyPath) -> Any:
        """Merge two values. `source` is the path in the upper layer, where an item of a list has the key "0" instead of the index 0."""
        if isinstance(lower, list) and isinstance(higher, dict) and _are_positions(higher):
            items = list(lower)
            for key, value in higher.items():
                below = (*source, key)
                if int(key) >= len(items):
                    what = f"no item {key} in {'.'.join(map(str, path))}"
                    allowed = f"0 to {len(items) - 1}"
                    raise ConfigError(
                        str(upper.mark(below, at_key=True)), what, allowed, "write the position of an existing item"
                    )
                items[int(key)] = merge(items[int(key)], value, (*path, int(key)), below)
            return items
        if not isinstance(lower, dict) or not isinstance(higher, dict) or _is_swapped(lower, higher, path):
            return _take(upper, higher, path, source, result)
        both = dict(lower)
        for key, value in higher.items():
            here, below = (*path, key), (*source, key)
            if value is None and key in lower and not _holds_plug_in(path):
                del both[key]
                continue
            both[key] = (
                merge(lower[key], value, here, below) if key in lower else _take(upper, value, here, below, result)
            )
            result.keys[here] = upper.keys[below]
        return both

    result.value = merge(base.value, upper.value, (), ())
    return result


def _are_positions(higher: dict[str, Any]) -> bool:
    return bool(higher) and all(key.isascii() and key.isdigit() and len(key) < 6 for key in higher)


def _is_swapped(lower: dict[str, Any], higher: dict[str, Any], path: KeyPath) -> bool:
    return _holds_plug_in(path) and not set(lower) & set(higher)


def _take(tree: Tree, value: Any, path: KeyPath, source: KeyPath, into: Tree) -> Any:
    """Return the value of the upper layer at `source`, and record its positions at `path`."""
    for marks, taken in ((into.values, tree.values), (into.keys, tree.keys)):
        for known in [p for p in marks if p[: len(path)] == path and p != path]:
            del marks[known]
        below = {p: mark for p, mark in taken.items() if p[: len(source)] == source}
        marks.update({(*path, *p[len(source) :]): mark for p, mark in below.items()})
    plain = {(*path, *p[len(source) :]) for p in tree.plain if p[: len(source)] == source}
    into.plain = {p for p in into.plain if p[: len(path)] != path} | plain
    return value


def setting(text: str) -> Tree:
    """Return the tree of one `--set a.b.c=value`. The value is parsed as YAML. Raises ConfigError.

    Names of Flink options and Kafka properties contain dots: what follows `options` or `properties` is one key.
    """
    name, equals, value = text.partition("=")
    keys = name.split(".")
    if dotted := next((index for index, key in enumerate(keys[1:-1], 2) if key in _DOTTED), 0):
        keys[dotted:] = [".".join(keys[dotted:])]
    option = f"--set {text[:60]}"
    if not equals or not all(keys) or len(keys) > 24:
        raise ConfigError(
            option,
            found="no key and value",
            allowed="key.path=value",
            do="write it like --set source.kafka.topic=orders",
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
