"""`python -m penstock.scripts.imports` prints which package imports which: a line for each, in the order in which they may import.

A line reads `cluster: config 7, flink 5`: seven modules of `scripts/cluster` import a module of `scripts/config`.
"""

from __future__ import annotations

import ast
from collections import Counter
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import click

_PENSTOCK = Path(__file__).parents[1]
_ROOMS = ("udfs", "connectors", "jobs", "scripts")


def imports() -> dict[str, Counter[str]]:
    """For each package the packages that it imports, each with the number of modules that do. Modules beside the packages are `.`"""
    found: dict[str, Counter[str]] = {}
    for room in _ROOMS:
        for file in sorted((_PENSTOCK / room).rglob("*.py")):
            here = _package(["penstock", room, *file.relative_to(_PENSTOCK / room).with_suffix("").parts])
            names = {_package(name.split(".")) for name in _imported(file) if name.startswith("penstock.")}
            found.setdefault(here, Counter()).update(names - {here})
    return found


def circle() -> list[str]:
    """Packages of which each imports the one before it, and the first the last. Empty if no packages import each other in a circle."""
    try:
        TopologicalSorter(imports()).prepare()
    except CycleError as found:
        packages: list[str] = found.args[1]
        return packages
    return []


def _package(parts: list[str]) -> str:
    """`scripts/cluster` for `penstock.scripts.cluster.ledger`, `scripts` for `penstock.scripts.main`."""
    folder = _PENSTOCK.joinpath(*parts[1:3])
    return "/".join(parts[1:3]) if folder.is_dir() else parts[1]


def _imported(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@click.command()
def main() -> None:
    """Print the import graph of the packages, and a circle in it."""
    for package, names in imports().items():
        click.echo(f"{package}: {', '.join(f'{name} {count}' for name, count in sorted(names.items())) or 'nothing'}")
    click.echo(f"circle of imports: {', '.join(circle()) or 'none'}")


if __name__ == "__main__":
    main()
