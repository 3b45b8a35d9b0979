"""What a step is: a frozen model that says its meaning twice, for Flink and in plain Python."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from connectors.columns import Columns
from connectors.config import Config
from connectors.types import Type
from udfs import sql
from udfs.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyflink.table import Table, TableEnvironment
    from pyflink.table.expression import Expression

COUNT = "penstock_count"
"""The SQL name of the Java function that counts refused rows, by reason."""

REFUSED = Columns(
    {
        "reason": Type("string"),
        "error": Type("string"),
        "job": Type("string"),
        "step": Type("string"),
        "row": Type("string"),
        "at": Type("timestamp_ltz", (3,)),
    }
)
"""The columns of a dead letter: why, a sentence, from which job and step, the row as a JSON text, and when."""


@dataclass(frozen=True)
class Flow:
    """The rows between two steps, and the rows refused so far.

    `inputs` holds the tables of all sources by name; a step with one input reads `table`.
    """

    env: TableEnvironment
    table: Table
    columns: Columns
    job: str
    step: str = "source"
    inputs: Mapping[str, Table] | None = None
    refused: tuple[Table, ...] = ()

    def then(self, table: Table, columns: Columns) -> Flow:
        """The flow after this step."""
        return replace(self, table=table, columns=columns)

    def view(self, table: Table) -> str:
        """A table under a name that SQL can use, quoted."""
        name = f"penstock_{self.step}_{len(self.env.list_temporary_views())}"
        self.env.create_temporary_view(name, table)
        return sql.name(name)

    def refuse(self, rows: Table, reason: str, error: str, named: Mapping[str, str] | None = None) -> Flow:
        """The flow with these rows among the dead letters; `named` are the columns to keep, name to SQL, else all."""
        from pyflink.table import DataTypes
        from pyflink.table.expressions import call_sql, lit

        text = DataTypes.STRING()
        row = sql.json_object(named or {name: sql.name(name) for name in self.columns.types})
        letters = rows.select(
            lit(reason).cast(text).alias("reason"),
            lit(error).cast(text).alias("error"),
            lit(self.job).cast(text).alias("job"),
            lit(self.step).cast(text).alias("step"),
            call_sql(f"{COUNT}({row}, 'refused_{reason}')").alias("row"),
            call_sql("CAST(CURRENT_ROW_TIMESTAMP() AS TIMESTAMP_LTZ(3))").alias("at"),
        )
        return replace(self, refused=(*self.refused, letters))

    def split(
        self, rows: Table, refused: Expression, reason: str, error: str, named: Mapping[str, str] | None = None
    ) -> tuple[Table, Flow]:
        """Rows for which `refused` is not true, and the flow with the others among the dead letters.

        The condition is one column computed in one place: two complementary conditions in two branches can each see
        another watermark, and lose or double rows.
        """
        from pyflink.table.expressions import col

        flagged = rows.add_columns(refused.alias("penstock_refused"))
        away = flagged.where(col("penstock_refused").is_true)
        kept = flagged.where(col("penstock_refused").is_not_true).drop_columns(col("penstock_refused"))
        return kept, self.refuse(away, reason, error, named)


class Job(Config):
    """One step. Its fields are its config keys, its docstring is its reference page."""

    at_most_one: ClassVar[bool] = False
    """Whether each row that comes in is given at most once: then what is neither given nor refused was filtered."""

    several_inputs: ClassVar[bool] = False
    """Whether it reads `sources:` (a mapping) rather than one source."""

    def located(self, base: Path) -> Job:
        """The same step with its paths resolved against the job file's folder."""
        return self

    def packed(self, put: Callable[[Path], str]) -> Job:
        """The same step with its files put into a package; `put` gives the name that a file has there."""
        return self

    @property
    def state_ttl(self) -> timedelta | None:
        """How long Flink keeps this step's state for a key that is silent; None: the step does not need it."""
        return None

    @property
    def modules(self) -> tuple[str, ...]:
        """Python modules of the user's that must travel with the job."""
        return ()

    def refuses(self, rows: Columns) -> tuple[str, ...]:
        """The reasons for which this step may refuse rows: then the job file must say where they go."""
        return ()

    @abstractmethod
    def gives(self, rows: Columns) -> Columns:
        """What comes out, given what goes in. Raises Problem when the step does not fit the rows."""

    @abstractmethod
    def build(self, flow: Flow) -> Flow:
        """The step as a Flink table."""

    def reference(self, rows: Rows) -> Rows:
        """The step over rows in memory, one partition in order. Raises NoReference where there can be none."""
        raise NoReference(f"{type(self).__name__} has no plain-Python form")


class NoReference(Exception):
    """This step cannot be computed without Flink: the text says why."""
