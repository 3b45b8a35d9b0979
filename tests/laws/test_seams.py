"""No module tests the class of a connector, a job or a target: each declares what it can do and overrides methods."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from penstock.connectors.registry import SINKS, SOURCES
from penstock.jobs import JOBS
from penstock.scripts.targets import TARGETS

ROOT = Path(__file__).parents[2]
PLUG_INS = [*SOURCES.values(), *SINKS.values(), *JOBS.values()]
HOMES = {kind.__name__: ROOT / Path(*kind.__module__.split(".")[1:3]) for kind in PLUG_INS}
"""The class name of each connector and job, and the package or module (without `.py`) that may test for it."""

KINDS = {*HOMES, *(kind.__name__ for kind in TARGETS.values())}

FILES = [file for room in ("connectors", "jobs", "scripts", "udfs") for file in sorted((ROOT / room).rglob("*.py"))]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_module_tests_the_class_of_a_connector_a_job_or_a_target(file: Path) -> None:
    tested = set(_tested_classes(ast.parse(file.read_text("utf-8")))) & KINDS
    found = sorted(name for name in tested if not _is_home(HOMES.get(name), file))
    assert not found, (
        f"{file} tests for the class {', '.join(found)}: declare a capability, or add a method to Source, Sink, Job or Target"
    )


def test_the_check_detects_each_form_of_a_class_test() -> None:
    tests = (
        "isinstance(a, KafkaSink)",
        "isinstance(a, (FilesSink, int))",
        "issubclass(a, x.KafkaSource)",
        "type(a) is YarnTarget",
        "match a:\n  case Map():\n    pass",
    )
    assert [sorted(set(_tested_classes(ast.parse(text))) & KINDS) for text in tests] == [
        ["KafkaSink"], ["FilesSink"], ["KafkaSource"], ["YarnTarget"], ["Map"]
    ]  # fmt: skip


def test_a_plug_in_may_test_for_a_class_of_its_own_package_only() -> None:
    assert _is_home(HOMES["Map"], ROOT / "jobs/map.py")
    assert _is_home(HOMES["RollingSum"], ROOT / "jobs/rolling_sum/reference.py")
    assert not _is_home(HOMES["Map"], ROOT / "jobs/dedup.py")
    assert not _is_home(None, ROOT / "scripts/main.py")


def _is_home(home: Path | None, file: Path) -> bool:
    """Whether a file is the module, or in the package, that defines a class."""
    return home is not None and (home in file.parents or home.with_suffix(".py") == file)


def _tested_classes(tree: ast.AST) -> Iterator[str]:
    """Yield the names of the classes for which a module tests: isinstance, issubclass, `type(...) is`, and `case`."""
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
