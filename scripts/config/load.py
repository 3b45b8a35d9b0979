"""Read a job file with its overlays and settings, and validate it. All errors are reported at once, each with its position."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from penstock.connectors.config.problems import ConfigError, KeyPath, Problem
from penstock.jobs.pipeline.pipeline import Pipeline
from penstock.scripts.config.explain import problems, shown
from penstock.scripts.config.merge import overlay, setting
from penstock.scripts.config.mistakes import misread
from penstock.scripts.config.partial import validate_parts
from penstock.scripts.config.tree import Tree, read
from penstock.scripts.config.variables import substitute
from penstock.scripts.stack.addresses import Variables

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Loaded:
    """A validated pipeline, and the file and tree that it was read from."""

    pipeline: Pipeline
    tree: Tree
    file: Path

    @contextlib.contextmanager
    def placed(self) -> Iterator[None]:
        """Convert a Problem that only planning finds, for example in a query, into a ConfigError with its position in the file."""
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
    """Return the pipeline of a job file, with resolved paths. Raises ConfigError with all errors.

    Later layers win: the file, each overlay, each `key=value` setting. Then variables are replaced, from `environ` or else from the
    environment and the running stack of the current folder.
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
    """Return the model of a document. Raises ConfigError with all errors; for an invalid document `more` finds further ones."""
    if not isinstance(tree.value, dict):
        found = "nothing" if tree.value is None else shown(tree.value)
        allowed = ", ".join(f"{name}: ..." for name, field in model.model_fields.items() if field.is_required())
        do = misread(tree.value) or "create an example with penstock init NAME"
        fail([Problem((), f"{found} instead of keys", allowed, do)], tree)
    try:
        return model.model_validate(tree.value)
    except ValidationError as problem:
        fail([*problems(problem.errors(include_url=False), model, tree.value), *more(tree.value)], tree)
        raise AssertionError("a validation error has at least one error") from problem


def fail(problems: Sequence[Problem], tree: Tree) -> None:
    """Raise ConfigError if problems exist: each distinct one, in the order of their positions in the file."""
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
    """Return the path in the file: without the index where the file contains a single item instead of a list."""
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
