"""A user's own Python function as a Flink UDF, whose failure names the row.

`scalar` functions receive one row's values and return one; `pandas` functions receive one `pandas.Series` a column (a batch of rows)
and return one Series of the same length. What they return is checked against the column's type (`result_types.py`).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from penstock.udfs.result_series import MisfitAt, SeriesChecker
from penstock.udfs.result_types import Misfit, Wanted, checker
from penstock.udfs.worker import end_with_taskmanager


class FunctionFailed(RuntimeError):
    """A user's function raised (the cause is its own error), or returned what the column's type cannot hold."""


def resolve(dotted: str) -> Callable[..., Any]:
    """The function that `package.module.function` names."""
    module, _, name = dotted.rpartition(".")
    function = getattr(importlib.import_module(module), name)
    if not callable(function):
        raise TypeError(f"{dotted} is a {type(function).__name__}, not a function")
    return function  # type: ignore[no-any-return]


class Scalar:
    """Calls the function row by row, and checks its result. Imported by name on the worker: no code is pickled.

    `plain`: rows inside the result are dicts, as in the references, and not Flink's.
    """

    def __init__(self, dotted: str, columns: tuple[str, ...], result: Wanted, plain: bool = False) -> None:
        self.dotted, self.columns, self.result, self.plain = dotted, columns, result, plain
        self._function: Callable[..., Any] | None = None
        self._fit: Callable[[Any], Any]

    def __call__(self, *values: Any) -> Any:
        function = self._function or self._loaded()
        try:
            result = function(*values)
        except Exception as problem:
            raise FunctionFailed(
                f"{self.dotted} failed: {type(problem).__name__}: {problem}; {self._row(values)}"
            ) from problem
        try:
            return self._fit(result)
        except Misfit as problem:
            raise FunctionFailed(f"{self.dotted} returned {problem}; {self._row(values)}") from None

    def _loaded(self) -> Callable[..., Any]:
        self._fit = self._checker()
        self._function = resolve(self.dotted)
        return self._function

    def _checker(self) -> Callable[[Any], Any]:
        if self.plain:
            return checker(self.result)
        from pyflink.common import Row

        return checker(self.result, Row)

    def _row(self, values: tuple[Any, ...]) -> str:
        return f"the row: {dict(zip(self.columns, values, strict=True))!r:.2000}"

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        end_with_taskmanager()

    def __getstate__(self) -> dict[str, Any]:
        kept = ("dotted", "columns", "result", "plain")
        return {**{name: getattr(self, name) for name in kept}, "_function": None}


class Pandas(Scalar):
    """Calls the function batch by batch, and checks what comes back."""

    def __call__(self, *values: Any) -> Any:
        import pandas as pd

        function = self._function or self._loaded()
        try:
            result = function(*values)
        except Exception as problem:
            raise FunctionFailed(
                f"{self.dotted} failed: {type(problem).__name__}: {problem}; {self._culprit(function, values)}"
            ) from problem
        if not isinstance(result, pd.Series) or len(result) != len(values[0]):
            got = (
                f"{len(result)} values"
                if isinstance(result, pd.Series)
                else f"{result!r:.200} ({type(result).__name__})"
            )
            raise FunctionFailed(
                f"{self.dotted} returned {got} for a batch of {len(values[0])} rows: it must return one Series of that"
                f" length; {self._row(_one(values, 0))}"
            )
        try:
            return self._fit(result)
        except MisfitAt as problem:
            row = self._row(_one(values, problem.index))
            raise FunctionFailed(f"{self.dotted} returned {problem}; {row}") from None

    def _checker(self) -> Callable[[Any], Any]:
        return SeriesChecker(self.result)

    def _culprit(self, function: Callable[..., Any], values: tuple[Any, ...]) -> str:
        """The first row that fails alone, or the batch's first."""
        for index in range(len(values[0])):
            try:
                function(*(series.iloc[index : index + 1] for series in values))
            except Exception:
                return self._row(_one(values, index))
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
    """The same for batches: a batch that fails is tried again row by row, so that only its bad rows are rejected."""

    def __call__(self, *values: Any) -> Any:
        import pandas as pd

        try:
            result = self.function(*values).reset_index(drop=True)
            return pd.DataFrame({"result": result, "error": [None] * len(values[0])})
        except FunctionFailed:
            pairs = [self.one(*(series.iloc[i : i + 1] for series in values)) for i in range(len(values[0]))]
        results = [None if result is None else result.iloc[0] for result, _ in pairs]
        column = pd.Series(results, dtype=object)  # a missing value must not make floats of integers
        return pd.DataFrame({"result": column, "error": [error for _, error in pairs]})


def _sentence(problem: FunctionFailed) -> str:
    """What the function raised, without the row: that is in the dead letter."""
    return str(problem).split("; the row: ", 1)[0][:1000]


def _one(values: tuple[Any, ...], index: int) -> tuple[Any, ...]:
    """One row of a batch, as Python's own values."""
    return tuple(series.iloc[index : index + 1].tolist()[0] for series in values)
