"""A job file, its overlays and settings, as a checked pipeline. Every error of a file comes at once, at its line."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from penstock.connectors.base.problems import ConfigError, KeyPath, Problem
from penstock.jobs.base.pipeline import Pipeline
from penstock.scripts.config.explain import problems, shown
from penstock.scripts.config.merge import overlay, setting
from penstock.scripts.config.partial import validate_parts
from penstock.scripts.config.tree import Tree, read
from penstock.scripts.config.variables import substitute
from penstock.scripts.stack.addresses import Variables

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Loaded:
    """A pipeline and where it came from."""

    pipeline: Pipeline
    tree: Tree
    file: Path

    @contextlib.contextmanager
    def placed(self) -> Iterator[None]:
        """Give a problem that only planning finds (in a query, say) its place in the file. Raises ConfigError."""
        try:
            yield
        except Problem as problem:
            fail([problem], self.tree)


def load(
    file: Path,
    overlays: Sequence[Path] = (),
    settings: Sequence[str] = (),
    environ: Mapping[str, str] | None = None,
) -> Loaded:
    """The pipeline of a job file, its paths resolved. Raises ConfigError with every error that was found.

    Order, the later wins: the file, each overlay, each `key=value`; then variables are replaced: from `environ`, or
    from the environment and the running stack of this folder.
    """
    tree = read(file)
    for upper in overlays:
        tree = overlay(tree, read(upper))
    for text in settings:
        tree = overlay(tree, setting(text))
    substitute(tree, Variables() if environ is None else environ)
    base = file.parent.absolute()
    pipeline = validated(tree, Pipeline, lambda value: validate_parts(value, base)).located(base)
    fail(pipeline.problems(), tree)
    return Loaded(pipeline, tree, file)


def validated(tree: Tree, model: type[M], more: Callable[[Any], list[Problem]] = lambda value: []) -> M:
    """The model of a document. Raises ConfigError with every error; `more` finds further ones in a document that has some."""
    if not isinstance(tree.value, dict):
        found = "nothing" if tree.value is None else shown(tree.value)
        allowed = ", ".join(f"{name}: ..." for name, field in model.model_fields.items() if field.is_required())
        fail([Problem((), f"{found} where keys must stand", allowed, "see penstock init")], tree)
    try:
        return model.model_validate(tree.value)
    except ValidationError as problem:
        fail([*problems(problem.errors(include_url=False), model, tree.value), *more(tree.value)], tree)
        raise AssertionError("a validation error has at least one error") from problem


def fail(problems: Sequence[Problem], tree: Tree) -> None:
    """Raise ConfigError when there are problems: in the order of the file, each once."""
    if not problems:
        return
    placed = []
    for problem in problems:
        path = _real(problem.path, tree.value)
        mark = tree.inside(path, *problem.at) if problem.at else tree.mark(path, problem.at_key)
        head = ".".join(map(str, path)) or "(the whole file)"
        error = ConfigError(head, problem.found, problem.allowed, problem.do, where=str(mark))
        placed.append(((mark.file, mark.line, mark.column), error))
    raise ConfigError.together([error for _, error in sorted(placed, key=lambda pair: pair[0])])


def _real(path: KeyPath, value: Any) -> KeyPath:
    """The path as it stands in the file: where one item stands for a list, its index goes."""
    real: list[str | int] = []
    for part in path:
        if isinstance(part, int) and not isinstance(value, list):
            continue
        real.append(part)
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            value = None
    return tuple(real)
