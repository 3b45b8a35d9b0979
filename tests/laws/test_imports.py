"""Each folder of code imports only what the third column of the table of rooms in ARCHITECTURE.md allows."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from penstock.scripts.imports import circle

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
"""The rooms of scripts/: each may import those before it. The files in scripts/ itself (`main.py`, `reference.py`) may import all."""
HEAVY = {"pyflink", "py4j", "pandas", "kafka", "jgo", "numpy", "rich"}
FILES = [file for room in (*LAW, "scripts") for file in sorted((ROOT / room).rglob("*.py"))]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_module_imports_only_what_its_room_allows(file: Path) -> None:
    room = file.relative_to(ROOT).parts[0]
    allowed = LAW.get(room)
    for name in {n for n in imported(file) if n not in sys.stdlib_module_names}:
        if allowed:
            text = f"{file}: {room}/ may not import {name}. Allowed: {', '.join(sorted(allowed))}. Move the code to another room"
            assert name in allowed, text


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_heavy_packages_are_imported_inside_functions(file: Path) -> None:
    tree = ast.parse(file.read_text("utf-8"))
    top = {name for node in tree.body for name in names(node)}
    assert not top & HEAVY, (
        f"{file}: import {', '.join(top & HEAVY)} inside the function that needs it: --help and validate must stay fast"
    )


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_of_scripts_imports_only_rooms_before_it(room: str) -> None:
    above = set(ROOMS[ROOMS.index(room) + 1 :])
    for file in sorted((ROOT / "scripts" / room).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("penstock.scripts"):
                parts = (node.module or "").split(".")
                found = {parts[2]} if len(parts) > 2 else {alias.name for alias in node.names}
                assert not found & above, f"{file}: scripts/{room}/ may not import scripts/{', '.join(found & above)}/"


def test_every_room_of_scripts_is_in_the_import_order() -> None:
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
                f"{file}: import penstock.{name}: a user's project may contain a package {name}"
            )


def imported(file: Path) -> set[str]:
    return {name for node in ast.walk(ast.parse(file.read_text("utf-8"))) for name in names(node)}


def names(node: ast.AST) -> set[str]:
    """Return the packages that a statement imports: the room for a module of Penstock, else the top-level package."""
    if isinstance(node, ast.Import):
        return {package(alias.name) for alias in node.names}
    if isinstance(node, ast.ImportFrom) and node.module == "penstock":
        return {alias.name for alias in node.names}
    if isinstance(node, ast.ImportFrom) and node.module:
        return {package(node.module)}
    return set()


def package(module: str) -> str:
    return module.removeprefix("penstock.").split(".")[0]


def test_no_packages_import_each_other_in_a_circle() -> None:
    assert circle() == []
