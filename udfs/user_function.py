"""Run a user's Python function as a Flink UDF. Errors show the row.

`scalar` functions receive the values of one row and return one value; `pandas` functions receive one `pandas.Series` per column (a batch
of rows) and return one Series of the same length. The results are checked against the column's type (`result_types.py`).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from penstock.udfs.result_series import SeriesChecker, TypeMismatchAt
from penstock.udfs.result_types import TypeMismatch, Wanted, checker
from penstock.udfs.worker import end_with_taskmanager


class FunctionFailed(RuntimeError):
    """A user's function raised an exception (the cause), or returned a value that the column's type cannot hold."""


def resolve(dotted: str) -> Callable[..., Any]:
    """Import the function with the name `package.module.function`.

    Raises ImportError or AttributeError if it does not exist, and TypeError if it is not callable.
    """
    module, _, name = dotted.rpartition(".")
    function = getattr(importlib.import_module(module), name)
    if not callable(function):
        raise TypeError(f"{dotted} is a {type(function).__name__}, not a function")
    return function  # type: ignore[no-any-return]


class Scalar:
    """Calls a function for each row and checks its result.

    The Python worker imports the function by its dotted name; no code is pickled. `columns` are the names of the arguments, for errors.
    With `plain`, rows inside the result are dicts, as the references need them, instead of PyFlink Rows.
    """

    def __init__(self, dotted: str, columns: tuple[str, ...], result: Wanted, plain: bool = False) -> None:
        self.dotted, self.columns, self.result, self.plain = dotted, columns, result, plain
        self._function: Callable[..., Any] | None = None
        self._check: Callable[[Any], Any]

    def __call__(self, *values: Any) -> Any:
        function = self._function or self._load()
        try:
            result = function(*values)
        except Exception as problem:
            raise FunctionFailed(
                f"{self.dotted} failed: {type(problem).__name__}: {problem}; {self._row(values)}"
            ) from problem
        try:
            return self._check(result)
        except TypeMismatch as problem:
            raise FunctionFailed(f"{self.dotted} returned {problem}; {self._row(values)}") from None

    def _load(self) -> Callable[..., Any]:
        self._check = self._checker()
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
        pickled = ("dotted", "columns", "result", "plain")
        return {**{name: getattr(self, name) for name in pickled}, "_function": None}


class Pandas(Scalar):
    """Calls a function for each batch of rows and checks its result."""

    def __call__(self, *values: Any) -> Any:
        import pandas as pd

        function = self._function or self._load()
        try:
            result = function(*values)
        except Exception as problem:
            raise FunctionFailed(
                f"{self.dotted} failed: {type(problem).__name__}: {problem}; {self._failing_row(function, values)}"
            ) from problem
        if not isinstance(result, pd.Series) or len(result) != len(values[0]):
            found = (
                f"a Series of {len(result)} values"
                if isinstance(result, pd.Series)
                else f"{result!r:.200} ({type(result).__name__})"
            )
            raise FunctionFailed(
                f"{self.dotted} returned {found} for a batch of {len(values[0])} rows: it must return one Series of that"
                f" length; {self._row(_one(values, 0))}"
            )
        try:
            return self._check(result)
        except TypeMismatchAt as problem:
            row = self._row(_one(values, problem.index))
            raise FunctionFailed(f"{self.dotted} returned {problem}; {row}") from None

    def _checker(self) -> Callable[[Any], Any]:
        return SeriesChecker(self.result)

    def _failing_row(self, function: Callable[..., Any], values: tuple[Any, ...]) -> str:
        """Text of the first row with which the function fails alone."""
        for index in range(len(values[0])):
            try:
                function(*(series.iloc[index : index + 1] for series in values))
            except Exception:
                return self._row(_one(values, index))
        return f"each row of the batch of {len(values[0])} rows succeeds alone"


class Kept:
    """Calls a function and returns its errors instead of raising them: a Row of (result, None), or of (None, error)."""

    def __init__(self, function: Scalar) -> None:
        self.function = function

    def __call__(self, *values: Any) -> Any:
        from pyflink.common import Row

        return Row(*self.one(*values))

    def one(self, *values: Any) -> tuple[Any, str | None]:
        """The result and the error of one row; one of them is None."""
        try:
            return self.function(*values), None
        except FunctionFailed as problem:
            return None, _without_row(problem)


class KeptPandas(Kept):
    """`Kept` for batches: returns a DataFrame with the columns `result` and `error`.

    If the function fails with a batch, it is called again with each row alone, so that only the failing rows are rejected.
    """

    def __call__(self, *values: Any) -> Any:
        import pandas as pd

        try:
            result = self.function(*values).reset_index(drop=True)
            return pd.DataFrame({"result": result, "error": [None] * len(values[0])})
        except FunctionFailed:
            pairs = [self.one(*(series.iloc[i : i + 1] for series in values)) for i in range(len(values[0]))]
        results = [None if result is None else result.iloc[0] for result, _ in pairs]
        column = pd.Series(results, dtype=object)  # otherwise a missing value would turn integers into floats
        return pd.DataFrame({"result": column, "error": [error for _, error in pairs]})


def _without_row(problem: FunctionFailed) -> str:
    """The error without the row, which the dead letter holds in its own column."""
    return str(problem).split("; the row: ", 1)[0][:1000]


def _one(values: tuple[Any, ...], index: int) -> tuple[Any, ...]:
    """One row of a batch as Python values."""
    return tuple(series.iloc[index : index + 1].tolist()[0] for series in values)
