"""The base class of a step: a frozen model that defines what the step does twice, for Flink and in plain Python."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from penstock.connectors.base.row_counting import ROWS
from penstock.connectors.config.columns import Columns
from penstock.connectors.config.plug_in import PlugIn
from penstock.connectors.config.problems import KeyPath
from penstock.connectors.config.quantities import Ttl
from penstock.connectors.dead_letter.limit import DeadLetterLimit
from penstock.connectors.dead_letter.schema import DEAD_LETTER, ORIGIN
from penstock.udfs import sql
from penstock.udfs.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyflink.table import Table, TableEnvironment
    from pyflink.table.expression import Expression

AGGREGATED = "aggregated"
"""The name of the counter of rows in windows that were output."""

CHECK = "penstock_check"
"""The SQL name of the Java function that fails a job with too many rejected rows."""

WINDOW_CLOSED = "penstock_window_closed"
"""The SQL name of the Java function that is true if the tumbling window of a row has ended."""


@dataclass(frozen=True)
class Flow:
    """The rows between two steps, and the rows rejected so far.

    `inputs` contains the tables of all sources by name; a step with one input reads `table`. `counts` contains pairs of a counter name and
    a table with one column (`penstock.connectors.base.row_counting.ROWS`), whose sum is counted. In addition to the columns of the step, a
    table may contain the columns that describe the origin of a row (`dead_letter.ORIGIN`). `keeps_errors` says whether an earlier step
    routes the rows for which a Python function fails to the dead letter queue.
    """

    env: TableEnvironment
    table: Table
    columns: Columns
    job: str
    version: str = ""
    step: str = "source"
    limit: DeadLetterLimit | None = None
    inputs: Mapping[str, Table] | None = None
    rejected: tuple[Table, ...] = ()
    counts: tuple[tuple[str, Table], ...] = ()
    keeps_errors: bool = False

    def then(self, table: Table, columns: Columns) -> Flow:
        """Return the flow after this step."""
        return replace(self, table=table, columns=columns)

    def kept(self, table: Table, origin: bool = False) -> Table:
        """Return the table with the columns of the step, in order, and with `origin` those that describe the origin of a row."""
        from pyflink.table.expressions import col

        return table.select(*map(col, [*self.columns.types, *(self.origin(table) if origin else ())]))

    def view(self, table: Table) -> str:
        """Register a table as a temporary view; return its quoted name for use in SQL."""
        name = f"penstock_{self.step}_{len(self.env.list_temporary_views())}"
        self.env.create_temporary_view(name, table)
        return sql.name(name)

    def origin(self, rows: Table) -> list[str]:
        """Return the columns of this table that describe the origin of a row."""
        return [name for name in rows.get_schema().get_field_names() if name in ORIGIN]

    def count(self, name: str, table: Table) -> Flow:
        """Count the sum of the table's column `ROWS` (`row_counting.py`) as `name`. Only the first step that uses a name is counted."""
        from pyflink.table.expressions import col

        if any(counted == name for counted, _ in self.counts):
            return self
        return replace(self, counts=(*self.counts, (name, table.select(col(ROWS)))))

    def reject(
        self,
        rows: Table,
        reason: str | Expression,
        error: str | Expression,
        named: Mapping[str, str] | None = None,
    ) -> Flow:
        """Return the flow with these rows added to the dead letter queue.

        `named` maps each column of the recorded row to SQL. By default the row consists of all columns of the step. With an empty mapping
        the dead letter contains no row.
        """
        from pyflink.table import DataTypes
        from pyflink.table.expressions import call_sql, lit

        values = {name: call_sql(f"CAST(NULL AS {kind.sql()})") for name, kind in DEAD_LETTER.types.items()}
        for column in self.origin(rows):
            name = column.removeprefix("penstock_")
            value = f"JSON_STRING({sql.name(column)})" if name == "headers" else sql.name(column)
            values[name] = call_sql(f"CAST({value} AS {DEAD_LETTER[name].sql()})")
        if named != {}:
            values["row"] = call_sql(sql.json_object(named or {name: sql.name(name) for name in self.columns.types}))
        texts = {"reason": reason, "error": error, "job": self.job, "version": self.version, "step": self.step}
        for name, text in texts.items():
            values[name] = lit(text).cast(DataTypes.STRING()) if isinstance(text, str) else text
        values["at"] = call_sql("CAST(CURRENT_ROW_TIMESTAMP() AS TIMESTAMP_LTZ(3))")
        dead_letters = rows.select(*(value.alias(name) for name, value in values.items()))
        return replace(self, rejected=(*self.rejected, dead_letters))

    def split(
        self,
        rows: Table,
        rejected: Expression,
        reason: str | Expression,
        error: str | Expression,
        named: Mapping[str, str] | None = None,
        described: Callable[[Table], Table] | None = None,
    ) -> tuple[Table, Flow]:
        """Return the rows for which `rejected` is not true, and the flow with the other rows added to the dead letter queue.

        `described` adds columns to the rejected rows before `named` refers to them.

        The condition is one column that one operator computes. Two complementary conditions in two branches can see different watermarks,
        and lose or duplicate rows.
        """
        from pyflink.table import DataTypes
        from pyflink.table.expressions import call, col, lit

        if self.limit:
            window = lit(self.limit.rows).cast(DataTypes.BIGINT())
            rejected = call(CHECK, rejected, self.step, float(self.limit.share), window)
        flagged = rows.add_columns(rejected.alias("penstock_refused"))
        dead = flagged.where(col("penstock_refused").is_true)
        kept = flagged.where(col("penstock_refused").is_not_true).drop_columns(col("penstock_refused"))
        return kept, self.reject(described(dead) if described else dead, reason, error, named)


class Job(PlugIn):
    """One step. Its fields are its config keys, and its docstrings are its reference page."""

    several_inputs: ClassVar[bool] = False
    """Whether the step reads `sources` (a mapping) instead of one source."""

    def located(self, base: Path) -> Job:
        """Return the step with its paths resolved against the folder of the job file."""
        return self

    def packed(self, put: Callable[[Path], str]) -> Job:
        """Return the step with its files added to a package. `put` adds a file and returns its name in the package."""
        return self

    @property
    def at_most_one(self) -> bool:
        """Whether the step outputs each input row at most once. Then every row that is neither output nor rejected was left out."""
        return False

    @property
    def leaves_out(self) -> str | None:
        """Return the word for rows that the step neither outputs nor rejects, such as `filtered`; None if no such rows exist."""
        return None

    @property
    def windows_a_row(self) -> int | None:
        """Return into how many windows the step assigns each row; 0 when the number differs from row to row, None for a step without
        windows."""
        return None

    @property
    def keeps_open_windows(self) -> bool:
        """Whether windows that are open at the end of the input are not output."""
        return False

    @property
    def state_ttl(self) -> Ttl | None:
        """Return how long Flink keeps the state of a key after its last row, or `never` to keep it forever; None for a step without such
        state."""
        return None

    def user_functions(self) -> dict[KeyPath, str]:
        """Return the user's own Python functions that this step calls: the path of the key that names each, below the step's
        name, to `module.function`. The package of the job contains their modules."""
        return {}

    def reject_reasons(self, rows: Columns) -> tuple[str, ...]:
        """Return the reasons for which this step can reject rows. If any exist, the job file must define `dead_letters`."""
        return ()

    @abstractmethod
    def output_columns(self, rows: Columns) -> Columns:
        """Return the columns of the output for these input columns. Raises Problem when the step cannot process them."""

    @abstractmethod
    def build(self, flow: Flow) -> Flow:
        """Add the step to the Flink plan; return the flow after it."""

    def reference(self, rows: Rows) -> Rows:
        """Compute the step in plain Python, over the rows of one partition in order. Raises NoReference where this is impossible."""
        raise NoReference(f"{type(self).__name__} has no plain-Python form")


class NoReference(Exception):
    """A step cannot be computed without Flink. The text is the reason."""
