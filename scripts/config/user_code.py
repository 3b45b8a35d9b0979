"""A user's Python modules: found without being run."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence
from pathlib import Path

from penstock.connectors.base.problems import Problem, nearest
from penstock.jobs.map import Map
from penstock.scripts.config.load import Loaded, fail
from penstock.udfs.functions import FUNCTIONS


def check_modules(config: Loaded, folders: Sequence[Path]) -> None:
    """Raise ConfigError for each function of the user's that is not there. Reads the files, runs nothing."""
    problems = []
    for index, step in enumerate(config.pipeline.job):
        if isinstance(step, Map) and step.function not in FUNCTIONS:
            problem = _problem(step.function, folders)
            problems += [problem.below("job", index, "map")] if problem else []
    fail(problems, config.tree)


def importable(folders: Sequence[Path]) -> None:
    """Let the modules in these folders be imported, before others of the same name."""
    sys.path[:0] = [str(folder) for folder in folders if str(folder) not in sys.path]


def find(module: str, folders: Sequence[Path]) -> Path | None:
    """The file of a module, in the first folder that has it."""
    parts = Path(*module.split("."))
    for folder in folders:
        for file in (folder / parts.with_suffix(".py"), folder / parts / "__init__.py"):
            if file.is_file():
                return file
    return None


def _problem(dotted: str, folders: Sequence[Path]) -> Problem | None:
    module, _, name = dotted.rpartition(".")
    file = find(module, folders)
    path = ("function",)
    if not file:
        looked = " and ".join(map(str, folders))
        there = {f.stem for folder in folders for f in folder.glob("*.py")}
        do = nearest(module, there) or f"put {module.replace('.', '/')}.py beside the job file"
        return Problem(path, f'no module "{module}"', f"a module in {looked}", do)
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError, OSError) as problem:
        return Problem(path, f"{file}: {problem}", "a Python module", "correct it")
    names = [node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    names += [
        t.id for node in tree.body if isinstance(node, ast.Assign) for t in node.targets if isinstance(t, ast.Name)
    ]
    names += [
        a.asname or a.name for node in tree.body if isinstance(node, (ast.ImportFrom, ast.Import)) for a in node.names
    ]
    if name in names:
        return None
    return Problem(
        path, f'no "{name}" in {file}', ", ".join(sorted(names)[:20]), nearest(name, names) or "correct the name"
    )
