"""Who may import whom: the third column of ARCHITECTURE.md's table of rooms."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAW = {
    "udfs": {"udfs", "numpy", "pandas", "pyflink"},
    "connectors": {"connectors", "pyflink", "pydantic", "pydantic_core", "jgo", "kafka"},
    "jobs": {"jobs", "udfs", "connectors", "pyflink", "py4j", "pydantic", "pydantic_core", "pandas"},
}
ROOMS = (
    "console",
    "jvm",
    "flink",
    "stack",
    "config",
    "local",
    "cluster",
    "targets",
    "dead_letters",
    "testing",
    "scaffold",
    "commands",
)
"""The rooms of scripts/: each may import those before it. The files beside them (`main.py`, `reference.py`) may import all."""
HEAVY = {"pyflink", "py4j", "pandas", "kafka", "jgo", "numpy", "rich"}
FILES = [file for room in (*LAW, "scripts") for file in sorted((ROOT / room).rglob("*.py"))]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_module_imports_only_what_its_room_may(file: Path) -> None:
    room = file.relative_to(ROOT).parts[0]
    allowed = LAW.get(room)
    for name in {n for n in imported(file) if n not in sys.stdlib_module_names}:
        if allowed:
            say = f"{file}: {room}/ may not import {name}. Allowed: {', '.join(sorted(allowed))}. Move the code to a room that may"
            assert name in allowed, say


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_heavy_imports_stand_inside_the_function_that_needs_them(file: Path) -> None:
    tree = ast.parse(file.read_text("utf-8"))
    top = {name for node in tree.body for name in names(node)}
    assert not top & HEAVY, (
        f"{file}: import {', '.join(top & HEAVY)} inside the function: validate and --help start no JVM"
    )


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_of_scripts_imports_none_above_it(room: str) -> None:
    above = set(ROOMS[ROOMS.index(room) + 1 :])
    for file in sorted((ROOT / "scripts" / room).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("penstock.scripts"):
                parts = (node.module or "").split(".")
                found = {parts[2]} if len(parts) > 2 else {alias.name for alias in node.names}
                assert not found & above, f"{file}: scripts/{room}/ may not import scripts/{', '.join(found & above)}/"


def test_every_room_of_scripts_has_its_place() -> None:
    folders = {path.name for path in (ROOT / "scripts").iterdir() if (path / "__init__.py").is_file()}
    assert folders == set(ROOMS)


@pytest.mark.parametrize(
    "file", sorted(ROOT.rglob("tests/**/*.py")) + FILES, ids=lambda file: str(file.relative_to(ROOT))
)
def test_our_packages_are_imported_by_their_installed_name(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        found = (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [getattr(node, "module", None) or ""]
        )
        for name in found if isinstance(node, (ast.Import, ast.ImportFrom)) else []:
            assert name.split(".")[0] not in (*LAW, "scripts"), (
                f"{file}: import penstock.{name}: a user may have a {name} too"
            )


def imported(file: Path) -> set[str]:
    return {name for node in ast.walk(ast.parse(file.read_text("utf-8"))) for name in names(node)}


def names(node: ast.AST) -> set[str]:
    """The packages that a statement imports: the room of one of ours, else the top package."""
    if isinstance(node, ast.Import):
        return {package(alias.name) for alias in node.names}
    if isinstance(node, ast.ImportFrom) and node.module == "penstock":
        return {alias.name for alias in node.names}
    if isinstance(node, ast.ImportFrom) and node.module:
        return {package(node.module)}
    return set()


def package(module: str) -> str:
    return module.removeprefix("penstock.").split(".")[0]
