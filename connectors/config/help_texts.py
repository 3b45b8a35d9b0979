"""The help texts of config keys: the docstrings under the fields of a model.

Pydantic can read them when it creates a model. They are read from the source only when one is shown, which saves each command a fifth of
its start.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from functools import cache
from itertools import pairwise

from pydantic import BaseModel


def help_text(model: type[BaseModel], field: str) -> str:
    """The docstring of a field, of this model or of the base class that declares it. Empty if it has none."""
    texts = (_docstrings(base).get(field, "") for base in model.__mro__ if issubclass(base, BaseModel))
    return next(filter(None, texts), "")


@cache
def _docstrings(model: type[BaseModel]) -> dict[str, str]:
    try:
        source = inspect.getsource(model)
    except (OSError, TypeError):  # a class that was created without a file
        return {}
    body = getattr(ast.parse(textwrap.dedent(source)).body[0], "body", [])
    found = {}
    for declared, after in pairwise(body):
        match (declared, after):
            case (ast.AnnAssign(target=ast.Name(id=field)), ast.Expr(value=ast.Constant(value=str(text)))):
                found[field] = inspect.cleandoc(text)
    return found
