"""Run a trusted SQL query, for what no other job covers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from penstock.connectors.config.columns import Column, Columns, ColumnTypes
from penstock.connectors.config.problems import Problem, nearest
from penstock.connectors.config.quantities import Ttl
from penstock.connectors.config.types import TIMES, Type
from penstock.connectors.dead_letter.schema import ORIGIN
from penstock.jobs.base import sql_errors
from penstock.jobs.base.job import Flow, Job
from penstock.udfs import sql

if TYPE_CHECKING:
    from pyflink.table import Table, TableEnvironment


class Sql(Job):
    """Run a Flink SQL query.

    Output: the columns of the query.

    With `source` the rows are the table `records`. With `sources` each source is a table with the source's name. The query is trusted:
    Penstock passes it to Flink unchanged. The job has no plain-Python reference, so its tests run with `penstock test --flink` only.
    """

    several_inputs: ClassVar[bool] = True
    example: ClassVar[str] = """\
query: |
  SELECT customer, amount, amount * 0.19 AS tax FROM records WHERE amount > 5
columns: {customer: string, amount: double, tax: double}
"""

    query: Annotated[str, Field(min_length=1, max_length=100_000)]
    """The query: one SELECT statement."""

    columns: ColumnTypes
    """The columns that the query returns: column name to type. Before the job starts, Penstock compares their names with Flink's plan,
    and it casts each to its type."""

    event_time: Column | None = None
    """The column of the result that carries event time, for a later step with windows. Without it the result has no event time."""

    replaces: Annotated[list[Column], Field(min_length=1)] | None = None
    """The list of the key columns, if the query returns upsert rows, as an aggregation without a window does.
    Without it the query must return append-only rows."""

    ttl: Ttl = "never"
    """How long Flink keeps unused state: the rows of a join, and the groups of an aggregation. This duration is measured in processing
    time. A row that arrives after the matching row was forgotten is not joined. With `never` the state grows with the number of rows
    (join) or keys (aggregation)."""

    @property
    def state_ttl(self) -> Ttl | None:
        return self.ttl

    def output_columns(self, rows: Columns) -> Columns:
        for index, name in enumerate(self.replaces or []):
            if name not in self.columns:
                do = nearest(name, self.columns) or "name a column of the query"
                found = f'"{name}", which is not a column of the query'
                raise Problem(("replaces", index), found, ", ".join(self.columns), do)
        if self.event_time and self.columns.get(self.event_time, Type("none")).name not in TIMES:
            found = f'"{self.event_time}", which is not a timestamp column of the query'
            raise Problem(
                ("event_time",),
                found,
                "a timestamp column of the query",
                "name a timestamp column, or remove event_time",
            )
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
        returned = result.get_schema().get_field_names()
        if sorted(returned) != sorted(columns.types):
            found = f"other columns than the query returns: {', '.join(columns.types)}"
            do = "name the columns of the result with AS, or correct `columns`"
            raise Problem(("columns",), found, ", ".join(returned), do)
        view = flow.view(result)
        picked = ", ".join(
            sql.name(name)
            if name == self.event_time
            else f"CAST({sql.name(name)} AS {kind.optional().sql()}) AS {sql.name(name)}"
            for name, kind in columns.types.items()
        )
        return flow.then(flow.env.sql_query(f"SELECT {picked} FROM {view}"), columns)

    def _planned(self, env: TableEnvironment, tables: dict[str, list[str]]) -> Table:
        """Return the result table of the query. Raises Problem at the line and column that Flink rejects."""
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
