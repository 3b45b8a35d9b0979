"""What a step is: a frozen model that says its meaning twice, for Flink and in plain Python."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from penstock.connectors.base.columns import Columns
from penstock.connectors.base.plug_in import PlugIn
from penstock.connectors.base.problems import KeyPath
from penstock.connectors.base.quantities import Ttl
from penstock.connectors.base.row_counting import ROWS
from penstock.connectors.dead_letter.limit import DeadLetterLimit
from penstock.connectors.dead_letter.schema import DEAD_LETTER, ORIGIN
from penstock.udfs import sql
from penstock.udfs.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyflink.table import Table, TableEnvironment
    from pyflink.table.expression import Expression

AGGREGATED = "aggregated"
"""The count of rows that went into windows which were given."""

CHECK = "penstock_check"
"""The SQL name of the Java function that stops a job which rejects too many rows."""


@dataclass(frozen=True)
class Flow:
    """The rows between two steps, and the rows rejected so far.

    `inputs` holds the tables of all sources by name; a step with one input reads `table`. `counts` holds tables of one
    column (`penstock.connectors.base.row_counting.ROWS`) whose sum is counted under a name. Beside the step's columns a table may
    have those that say where a row came from (`dead_letter.ORIGIN`).
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

    def then(self, table: Table, columns: Columns) -> Flow:
        """The flow after this step."""
        return replace(self, table=table, columns=columns)

    def kept(self, table: Table) -> Table:
        """The step's columns alone, in order."""
        from pyflink.table.expressions import col

        return table.select(*map(col, self.columns.types))

    def view(self, table: Table) -> str:
        """A table under a name that SQL can use, quoted."""
        name = f"penstock_{self.step}_{len(self.env.list_temporary_views())}"
        self.env.create_temporary_view(name, table)
        return sql.name(name)

    def origin(self, rows: Table) -> list[str]:
        """The columns beside the job's own that say where a row came from, as far as this table still has them."""
        return [name for name in rows.get_schema().get_field_names() if name in ORIGIN]

    def count(self, name: str, table: Table) -> Flow:
        """The flow with the sum of the table's column `ROWS` (`row_counting.py`) counted as `name`; the first step's that counts so."""
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
        """The flow with these rows among the dead letters; `named` are the columns to keep as the row, name to SQL, else all of
        the step's; with none of them there is no row."""
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
    ) -> tuple[Table, Flow]:
        """Rows for which `rejected` is not true, and the flow with the others among the dead letters.

        The condition is one column computed in one place: two complementary conditions in two branches can each see
        another watermark, and lose or double rows.
        """
        from pyflink.table import DataTypes
        from pyflink.table.expressions import call, col, lit

        if self.limit:
            of = lit(self.limit.rows).cast(DataTypes.BIGINT())
            rejected = call(CHECK, rejected, self.step, float(self.limit.share), of)
        flagged = rows.add_columns(rejected.alias("penstock_refused"))
        away = flagged.where(col("penstock_refused").is_true)
        kept = flagged.where(col("penstock_refused").is_not_true).drop_columns(col("penstock_refused"))
        return kept, self.reject(away, reason, error, named)


class Job(PlugIn):
    """One step. Its fields are its config keys, its docstring is its reference page."""

    several_inputs: ClassVar[bool] = False
    """Whether it reads `sources:` (a mapping) rather than one source."""

    def located(self, base: Path) -> Job:
        """The same step with its paths resolved against the job file's folder."""
        return self

    def packed(self, put: Callable[[Path], str]) -> Job:
        """The same step with its files put into a package; `put` gives the name that a file has there."""
        return self

    @property
    def at_most_one(self) -> bool:
        """Whether each row that comes in is given at most once: then what is neither given nor rejected was filtered."""
        return False

    @property
    def leaves_out(self) -> str | None:
        """The word for rows that it takes and neither gives nor rejects, such as `filtered`; None: there are none."""
        return None

    @property
    def windows_a_row(self) -> int | None:
        """Of a step that puts rows into windows and counts them: into how many each goes, 0 when that differs from row to row.
        None: it has no windows."""
        return None

    @property
    def keeps_open_windows(self) -> bool:
        """Whether a window that is open when the input ends is not given."""
        return False

    @property
    def state_ttl(self) -> Ttl | None:
        """How long Flink keeps this step's state for a key that is silent, or `never` to forget it; None: the step keeps no such state."""
        return None

    def user_functions(self) -> dict[KeyPath, str]:
        """Return the user's own Python functions that this step calls: the path of the key that names each, below the step's
        name, to `module.function`. The package of the job contains their modules."""
        return {}

    def reject_reasons(self, rows: Columns) -> tuple[str, ...]:
        """The reasons for which this step may reject rows: then the job file must say where they go."""
        return ()

    @abstractmethod
    def output_columns(self, rows: Columns) -> Columns:
        """What comes out, given what goes in. Raises Problem when the step does not fit the rows."""

    @abstractmethod
    def build(self, flow: Flow) -> Flow:
        """The step as a Flink table."""

    def reference(self, rows: Rows) -> Rows:
        """The step over rows in memory, one partition in order. Raises NoReference where there can be none."""
        raise NoReference(f"{type(self).__name__} has no plain-Python form")


class NoReference(Exception):
    """This step cannot be computed without Flink: the text says why."""
