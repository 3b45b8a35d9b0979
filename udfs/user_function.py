"""A user's own Python function as a Flink UDF, whose failure names the row.

`scalar` functions get one row's values and give one; `pandas` functions get one `pandas.Series` a column (a batch of rows)
and give one Series of the same length.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from udfs.worker import end_with_taskmanager


class FunctionFailed(RuntimeError):
    """A user's function raised; the cause is its own error."""


def resolve(dotted: str) -> Callable[..., Any]:
    """The function that `package.module.function` names."""
    module, _, name = dotted.rpartition(".")
    function = getattr(importlib.import_module(module), name)
    if not callable(function):
        raise TypeError(f"{dotted} is a {type(function).__name__}, not a function")
    return function  # type: ignore[no-any-return]


class Scalar:
    """Calls the function row by row. Imported by name on the worker: no code is pickled."""

    def __init__(self, dotted: str, columns: tuple[str, ...]) -> None:
        self.dotted, self.columns = dotted, columns
        self._function: Callable[..., Any] | None = None

    def __call__(self, *values: Any) -> Any:
        function = self._function = self._function or resolve(self.dotted)
        try:
            return function(*values)
        except Exception as problem:
            row = dict(zip(self.columns, values, strict=True))
            raise FunctionFailed(
                f"{self.dotted} failed: {type(problem).__name__}: {problem}; the row: {row!r:.2000}"
            ) from problem

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        end_with_taskmanager()

    def __getstate__(self) -> dict[str, Any]:
        return {"dotted": self.dotted, "columns": self.columns, "_function": None}


class Pandas(Scalar):
    """Calls the function batch by batch, and checks what comes back."""

    def __call__(self, *values: Any) -> Any:
        import pandas as pd

        function = self._function = self._function or resolve(self.dotted)
        try:
            result = function(*values)
        except Exception as problem:
            raise FunctionFailed(
                f"{self.dotted} failed: {type(problem).__name__}: {problem}; {self._culprit(function, values)}"
            ) from problem
        if not isinstance(result, pd.Series) or len(result) != len(values[0]):
            got = f"{len(result)} values" if isinstance(result, pd.Series) else type(result).__name__
            raise FunctionFailed(
                f"{self.dotted} gave {got} for a batch of {len(values[0])} rows: it must give one Series of that length"
            )
        return result

    def _culprit(self, function: Callable[..., Any], values: tuple[Any, ...]) -> str:
        """The first row that fails alone, or the batch's first."""
        for index in range(len(values[0])):
            try:
                function(*(series.iloc[index : index + 1] for series in values))
            except Exception:
                return f"the row: { {c: s.iloc[index] for c, s in zip(self.columns, values, strict=True)}!r:.2000}"
        return f"no row of the batch of {len(values[0])} fails alone"
