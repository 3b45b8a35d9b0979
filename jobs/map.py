"""Compute a column with a library function or with your own Python function."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, model_validator

from penstock.connectors.config.columns import Column, ColumnNames, Columns, ColumnType
from penstock.connectors.config.invalid import invalid
from penstock.connectors.config.problems import KeyPath, Problem, nearest
from penstock.connectors.config.types import parse
from penstock.jobs.base.job import Flow, Job
from penstock.udfs.functions import FUNCTIONS
from penstock.udfs.result_types import Wanted
from penstock.udfs.rows import Rows
from penstock.udfs.user_function import Kept, KeptPandas, Pandas, Scalar, resolve

if TYPE_CHECKING:
    from pyflink.table import Table

_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", re.ASCII)


def _function(value: str) -> str:
    if value not in FUNCTIONS and not _DOTTED.fullmatch(value):
        raise invalid(
            found=f'"{value[:60]}", which is not a function',
            allowed=f"{', '.join(sorted(FUNCTIONS))}, or your own function as module.function",
            do=nearest(value, FUNCTIONS) or "write one of the allowed names",
        )
    return value


class Map(Job):
    """Compute one column with a function.

    Output: every column of the input, and the result in the column `to`.

    A library function runs in Flink's generated code. Your own function (`my_module.my_function`) runs in a Python worker process. With
    `kind: scalar` it receives the values of one row, with `kind: pandas` one `pandas.Series` per column. Its module is beside the job
    file or in the current folder, and is sent with the job.
    """

    example: ClassVar[str] = "function: double\nof: amount\nto: doubled\n"

    function: Annotated[str, AfterValidator(_function)]
    """The name of a library function (see the section Functions), or `module.function` for your own."""

    of: ColumnNames
    """The column that the function receives. Your own function may receive a list of columns, one argument for each."""

    to: Column
    """The column for the result: a new column, or an existing one to replace."""

    type: ColumnType | None = None
    """The column type of the result. Required for your own function, not allowed for a library function."""

    kind: Literal["scalar", "pandas"] = "scalar"
    """How Flink calls your own function: `scalar` once per row, `pandas` once per batch of rows."""

    on_error: Literal["fail", "dead_letter"] = "fail"
    """What happens when your own function raises an exception or returns a value that `type` cannot hold. `fail`: the job fails.
    `dead_letter`: the row goes to the dead letter queue with reason `function` and the error text; a batch that fails is repeated row by
    row."""

    @property
    def at_most_one(self) -> bool:
        return True

    @model_validator(mode="after")
    def _fits(self) -> Map:
        own = self.function not in FUNCTIONS
        if own == (self.type is None):
            found = "no type for your own function" if own else f"a type for the library function {self.function}"
            allowed = "the type of the result" if own else "type only for your own function"
            do = (
                "add type: double, or the type that the function returns"
                if own
                else "remove type: the library defines it"
            )
            raise invalid(found=found, allowed=allowed, do=do)
        if not own and self.on_error != "fail":
            raise invalid(
                f"on_error for the library function {self.function}",
                "on_error only for your own function",
                "remove on_error",
                "on_error",
            )
        return self

    def user_functions(self) -> dict[KeyPath, str]:
        return {} if self.function in FUNCTIONS else {("function",): self.function}

    def reject_reasons(self, rows: Columns) -> tuple[str, ...]:
        return ("function",) if self.on_error == "dead_letter" else ()

    def output_columns(self, rows: Columns) -> Columns:
        library = FUNCTIONS.get(self.function)
        for index, name in enumerate(self.of):
            kind = rows.need(name, "of", index, among=tuple(library.results) if library else None, what=self.function)
        if library and len(self.of) != 1:
            raise Problem(
                ("of",), f"{len(self.of)} columns", f"one column for {self.function}", "write one column name"
            )
        result = parse(library.results[kind.name]) if library else self.type
        if result is None:
            raise Problem(
                ("type",),
                "no type",
                "the type of the result",
                "add type: double, or the type that the function returns",
            )
        if self.kind == "pandas" and (bad := self._unsupported_in_batches(result)):
            do = "write kind: scalar, or return another type"
            raise Problem(("type",), f"{result}, which PyFlink cannot convert in batches", f"a type without {bad}", do)
        if self.to == rows.event_time:
            raise Problem(
                ("to",), f'"{self.to}", which is the event time column', "another column", "choose a new name"
            )
        return rows.with_types({**rows.types, self.to: result})

    def _unsupported_in_batches(self, kind: ColumnType) -> str | None:
        """Return the part of a type that PyFlink cannot convert in batches. With `on_error: dead_letter` the result is inside a row,
        where PyFlink converts fewer types."""
        inside = ("row", "timestamp_ltz")
        if kind.name == "map" or (kind.name in inside and self.on_error == "dead_letter"):
            return f"{kind.name} with on_error: dead_letter" if kind.name in inside else "map"
        inner = next((one.name for one in kind.of if one.name in (*inside, "map")), None)
        return f"{inner} inside {kind.name}" if inner else None

    def build(self, flow: Flow) -> Flow:
        from pyflink.table.expressions import call, col

        columns, rows = self.output_columns(flow.columns), flow.table
        library = FUNCTIONS.get(self.function)
        arguments = [col(name) for name in self.of]
        if library:
            result = library.expression(arguments[0], flow.columns[self.of[0]].name)
            return flow.then(rows.add_or_replace_columns(result.alias(self.to)), columns)
        # Registered under a name, because a compiled plan cannot contain an unnamed function.
        name = f"penstock_{flow.step}"
        flow.env.create_temporary_function(name, self._udf(columns))
        if self.on_error == "fail":
            return flow.then(rows.add_or_replace_columns(call(name, *arguments).alias(self.to)), columns)
        if flow.keeps_errors:
            rows = _apart(flow, rows)
        rows = rows.add_columns(call(name, *arguments).alias("penstock_result"))
        error = col("penstock_result").get("error")
        rows, flow = flow.split(rows, error.is_not_null, "function", error)
        rows = rows.add_or_replace_columns(col("penstock_result").get("result").alias(self.to))
        return replace(flow.then(rows.drop_columns(col("penstock_result")), columns), keeps_errors=True)

    def _udf(self, columns: Columns):  # type: ignore[no-untyped-def]
        from pyflink.table.udf import udf

        pandas, keeps_errors = self.kind == "pandas", self.on_error == "dead_letter"
        function: Any = self._wrapped(columns[self.to])
        result = columns[self.to].sql()
        if keeps_errors:
            function = (KeptPandas if pandas else Kept)(function)
            result = f"ROW<`result` {columns[self.to].optional().sql()}, `error` STRING>"
        func_type = "pandas" if pandas else "general"
        return udf(function, result_type=result, func_type=func_type, name=self.function.replace(".", "_"))

    def _wrapped(self, kind: ColumnType, plain: bool = False) -> Scalar:
        call = Pandas if self.kind == "pandas" else Scalar
        return call(self.function, tuple(self.of), Wanted.like(kind), plain)

    @property
    def _own_reference(self) -> Scalar:
        if self.type is None:
            raise TypeError(f"{self.function} is a library function")
        return self._wrapped(self.type, plain=True)

    def reference(self, rows: Rows) -> Rows:
        library = FUNCTIONS.get(self.function)
        if self.on_error == "dead_letter":
            return self._with_errors(rows)
        if not library and self.kind == "pandas":
            return self._batch(rows)
        function = library or self._own_reference
        return rows.map(lambda row: {**row, self.to: function(*(row[name] for name in self.of))})

    def _with_errors(self, rows: Rows) -> Rows:
        """Compute row by row, as Flink does with a batch after one of its rows has failed."""
        one = Kept(self._own_reference).one
        arguments = [self._one_row([row[name] for name in self.of]) for row in rows.rows]
        pairs = {id(row): one(*values) for row, values in zip(rows.rows, arguments, strict=True)}
        kept = rows.reject("function", lambda row: str(pairs[id(row)][1]), lambda row, _: pairs[id(row)][1] is not None)
        plain = _plain if self.kind == "pandas" else lambda value: value
        return kept.map(lambda row: {**row, self.to: plain(pairs[id(row)][0])})

    def _one_row(self, values: list[Any]) -> list[Any]:
        if self.kind == "scalar":
            return values
        import pandas as pd

        return [pd.Series([value]) for value in values]

    def _batch(self, rows: Rows) -> Rows:
        import pandas as pd

        resolve(self.function)
        frame = pd.DataFrame([[row[name] for name in self.of] for row in rows.rows], columns=self.of)
        result = iter(self._own_reference(*(frame[name] for name in self.of)).tolist())
        return rows.map(lambda row: {**row, self.to: _plain(next(result))})


def _apart(flow: Flow, rows: Table) -> Table:
    """Return the same rows, after an operator that the planner does not merge with the step before.

    Without it one operator computes the results of both functions, and Flink 2.3 then reads `result` and `error` of the first function
    from the result of the second one, or fails to compile the job (`RemoteCalcSplitRuleBase`).
    """
    from pyflink.table.expressions import call, col

    name = f"penstock_one_row_{flow.step}"
    flow.env.create_java_temporary_function(name, "penstock.OneRow")
    return rows.join_lateral(call(name).alias("penstock_one")).drop_columns(col("penstock_one"))


def _plain(value: Any) -> Any:
    """Return the value of a Series with one element, and None for the NaN that pandas uses for a missing value."""
    if hasattr(value, "tolist"):
        value = value.tolist()
        value = value[0] if isinstance(value, list) else value
    return None if value is None or value != value else value
