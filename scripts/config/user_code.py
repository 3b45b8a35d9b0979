"""Find the user's own Python functions and modules without importing them."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from penstock.connectors.config.problems import KeyPath, Problem, nearest
from penstock.scripts.config.load import Loaded, fail

_OWN_NAMES = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
"""Expressions whose names are not visible outside of them."""


def check_modules(config: Loaded, folders: Sequence[Path]) -> None:
    """Check that each of the user's functions exists. Reads the files and runs nothing. Raises ConfigError with every missing one."""
    found = [_problem(path, name, folders) for path, name in config.pipeline.user_functions().items()]
    fail([problem for problem in found if problem], config.tree)


def importable(folders: Sequence[Path]) -> None:
    """Make the modules in these folders importable, before others of the same name."""
    sys.path[:0] = [str(folder) for folder in folders if str(folder) not in sys.path]


def find(module: str, folders: Sequence[Path]) -> Path | None:
    """Return the file of a module from the first folder that contains it; None when no folder does."""
    parts = Path(*module.split("."))
    for folder in folders:
        for file in (folder / parts.with_suffix(".py"), folder / parts / "__init__.py"):
            if file.is_file():
                return file
    return None


def _problem(path: KeyPath, dotted: str, folders: Sequence[Path]) -> Problem | None:
    module, _, name = dotted.rpartition(".")
    file = find(module, folders)
    if not file:
        looked = " and ".join(map(str, folders))
        existing = {f.stem for folder in folders for f in folder.glob("*.py")}
        do = nearest(module, existing) or f"put {module.replace('.', '/')}.py into the job file's folder"
        return Problem(path, f'no module "{module}"', f"a module in {looked}", do)
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError, OSError) as problem:
        return Problem(path, f"{file}: {problem}", "a Python module without syntax errors", "correct the file")
    names = list(_defined(tree))
    if name in names or "*" in names:  # what `from other import *` brings is known only when it is imported
        return None
    return Problem(
        path, f'no "{name}" in {file}', ", ".join(sorted(names)[:20]), nearest(name, names) or "correct the name"
    )


def _defined(node: ast.AST) -> Iterator[str]:
    """The names that the statements of a module bind, also below `if`, `try`, `with`, `match` and loops."""
    for inner in ast.iter_child_nodes(node):
        if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield inner.name
        elif isinstance(inner, ast.alias):
            yield inner.asname or inner.name
        elif isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            yield inner.id
        elif not isinstance(inner, _OWN_NAMES):
            yield from _defined(inner)
