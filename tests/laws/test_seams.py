"""Nobody asks what class a connector or a target is: it declares what it can do, and does it by methods."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from penstock.connectors.registry import SINKS, SOURCES
from penstock.scripts.targets import TARGETS

ROOT = Path(__file__).parents[2]
CONNECTORS = [*SOURCES.values(), *SINKS.values()]
KINDS = {kind.__name__ for kind in (*CONNECTORS, *TARGETS.values())}
PACKAGES = {Path(*kind.__module__.split(".")[1:3]) for kind in CONNECTORS}
"""Where a connector may ask what another one of its own package is."""

FILES = [file for room in ("connectors", "jobs", "scripts", "udfs") for file in sorted((ROOT / room).rglob("*.py"))]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_module_asks_what_class_a_connector_or_a_target_is(file: Path) -> None:
    own = any((ROOT / package) in file.parents or file == (ROOT / package).with_suffix(".py") for package in PACKAGES)
    found = [] if own else sorted(set(_asked(ast.parse(file.read_text("utf-8")))) & KINDS)
    assert not found, (
        f"{file}: asks for {', '.join(found)}: declare it in capabilities, or give Source, Sink or Target a method"
    )


def test_the_law_sees_what_it_forbids() -> None:
    asked = (
        "isinstance(a, KafkaSink)",
        "isinstance(a, (FilesSink, int))",
        "issubclass(a, x.KafkaSource)",
        "type(a) is YarnTarget",
    )
    assert [sorted(set(_asked(ast.parse(text))) & KINDS) for text in asked] == [
        ["KafkaSink"], ["FilesSink"], ["KafkaSource"], ["YarnTarget"]
    ]  # fmt: skip


def _asked(tree: ast.AST) -> Iterator[str]:
    """The names of classes that a module compares with."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("isinstance", "issubclass"):
            yield from _names(node.args[1])
        elif isinstance(node, ast.Compare) and any(
            getattr(getattr(n, "func", None), "id", "") == "type" for n in [node.left]
        ):
            for other in node.comparators:
                yield from _names(other)
        elif isinstance(node, ast.MatchClass):
            yield from _names(node.cls)


def _names(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            yield part.id
        elif isinstance(part, ast.Attribute):
            yield part.attr
