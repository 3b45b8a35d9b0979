"""A trusted SQL query, for what no job covers yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from penstock.connectors.base.columns import Column, Columns, ColumnTypes
from penstock.connectors.base.problems import Problem, nearest
from penstock.connectors.base.quantities import Ttl
from penstock.connectors.base.types import TIMES, Type
from penstock.connectors.dead_letter.schema import ORIGIN
from penstock.jobs.base import sql_errors
from penstock.jobs.base.job import Flow, Job
from penstock.udfs import sql

if TYPE_CHECKING:
    from pyflink.table import Table, TableEnvironment


class Sql(Job):
    """What a Flink SQL query gives. The one field that is trusted: it is handed to Flink as it is.

    With one source its rows are the table `records`; with `sources:` each is a table by its name. There is no plain-Python
    form, so its tests run with `penstock test --flink` only.
    """

    several_inputs: ClassVar[bool] = True
    example: ClassVar[str] = """\
query: |
  SELECT customer, amount, amount * 0.19 AS tax FROM records WHERE amount > 5
columns: {customer: string, amount: double, tax: double}
"""

    query: Annotated[str, Field(min_length=1, max_length=100_000)]
    """One SELECT."""

    columns: ColumnTypes
    """What the query gives: column name to type, checked against Flink's own plan before the job starts."""

    event_time: Column | None = None
    """A column of the result that still carries event time, for a window after it."""

    replaces: Annotated[list[Column], Field(min_length=1)] | None = None
    """The key, where the query's rows replace earlier ones (an aggregation without a window, say)."""

    ttl: Ttl = "never"
    """Forget state that was not used for this long: the rows that a join keeps, and the groups of an aggregation. `never`: it grows with
    the number of rows (a join) or of keys. A row that comes after its partner was forgotten finds none."""

    @property
    def state_ttl(self) -> Ttl | None:
        return self.ttl

    def output_columns(self, rows: Columns) -> Columns:
        for index, name in enumerate(self.replaces or []):
            if name not in self.columns:
                raise Problem(("replaces", index), f'"{name}"', ", ".join(self.columns), nearest(name, self.columns))
        if self.event_time and self.columns.get(self.event_time, Type("none")).name not in TIMES:
            raise Problem(("event_time",), f'"{self.event_time}"', "a timestamp column of the query", "name one")
        changed = {"changelog": bool(self.replaces), "key": tuple(self.replaces or ()), "event_time": self.event_time}
        return rows.with_types(self.columns, **changed)

    def build(self, flow: Flow) -> Flow:
        from pyflink.table.expressions import col

        tables: dict[str, list[str]] = {}
        for name, table in (flow.inputs or {"records": flow.table}).items():
            tables[name] = [column for column in table.get_schema().get_field_names() if column not in ORIGIN]
            flow.env.create_temporary_view(name, table.select(*map(col, tables[name])))
        result = self._planned(flow.env, tables)
        columns = self.output_columns(flow.columns)
        have = result.get_schema().get_field_names()
        if sorted(have) != sorted(columns.types):
            found = f"other columns than the query returns: {', '.join(columns.types)}"
            do = "name the result's columns with AS, or correct columns"
            raise Problem(("columns",), found, ", ".join(have), do)
        view = flow.view(result)
        picked = ", ".join(
            sql.name(name)
            if name == self.event_time
            else f"CAST({sql.name(name)} AS {kind.optional().sql()}) AS {sql.name(name)}"
            for name, kind in columns.types.items()
        )
        return flow.then(flow.env.sql_query(f"SELECT {picked} FROM {view}"), columns)

    def _planned(self, env: TableEnvironment, tables: dict[str, list[str]]) -> Table:
        """The query's result. Raises Problem at the place that Flink rejects."""
        from py4j.protocol import Py4JJavaError

        def is_reserved(word: str) -> bool:
            try:
                env.sql_query(f"SELECT {word} FROM (SELECT 1 AS {sql.name(word)})")
            except Py4JJavaError:
                return True
            return False

        if found := sql_errors.unquoted_user(self.query, [name for names in tables.values() for name in names]):
            raise found
        try:
            return env.sql_query(self.query)
        except Py4JJavaError as problem:
            text = str(problem.java_exception.getMessage() or "")
            raise sql_errors.problem(self.query, text, tables, is_reserved) from None
