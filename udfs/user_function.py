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


class Kept:
    """Calls a function so that a failure is a value too: gives (result, None), or (None, what went wrong)."""

    def __init__(self, function: Scalar) -> None:
        self.function = function

    def __call__(self, *values: Any) -> Any:
        from pyflink.common import Row

        return Row(*self.one(*values))

    def one(self, *values: Any) -> tuple[Any, str | None]:
        """The pair for one row."""
        try:
            return self.function(*values), None
        except FunctionFailed as problem:
            return None, _sentence(problem)


class KeptPandas(Kept):
    """The same for batches: a batch that fails is tried again row by row, so that only its bad rows are refused."""

    def __call__(self, *values: Any) -> Any:
        import pandas as pd

        try:
            return pd.DataFrame({"result": self.function(*values), "error": [None] * len(values[0])})
        except FunctionFailed:
            pairs = [self.one(*(series.iloc[i : i + 1] for series in values)) for i in range(len(values[0]))]
        results = [None if result is None else result.iloc[0] for result, _ in pairs]
        return pd.DataFrame({"result": results, "error": [error for _, error in pairs]})


def _sentence(problem: FunctionFailed) -> str:
    """What the function raised, without the row: that is in the dead letter."""
    return str(problem).split("; the row: ", 1)[0][:1000]
