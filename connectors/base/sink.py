"""The base class of sinks."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from penstock.connectors.base.connector import Connector
from penstock.connectors.base.row_counting import counted
from penstock.connectors.config.columns import Columns
from penstock.connectors.config.problems import Problem, RunError
from penstock.connectors.dead_letter.schema import DeadLetter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime, timedelta

    from pyflink.table import Schema, StatementSet, Table, TableDescriptor, TableEnvironment
    from pyflink.table.expression import Expression

    from penstock.connectors.base.finding import Finding


@dataclass(frozen=True)
class Route:
    """Where a sink sends the rows that it rejects: the sink of the dead letters, and the job's name and version, which they state."""

    sink: Sink
    job: str
    version: str


class Sink(Connector):
    """A sink of a job file."""

    @property
    def rejects(self) -> bool:
        """Whether rows that the sink or the other system rejects become dead letters."""
        return False

    @property
    def follows_event_time(self) -> bool:
        """Whether the sink needs watermarks, and so a source with `event_time`."""
        return False

    @property
    def transactional(self) -> bool:
        """Whether rows become visible when a checkpoint completes. A job with such a sink is stopped with a savepoint, not cancelled."""
        return False

    @property
    def shared_ids(self) -> frozenset[str]:
        """The brokers on which the sink's transactional ids follow from the job's name. Empty if the sink has no such ids.

        A second job of the same name on the same brokers would abort the open transactions of the first one.
        """
        return frozenset()

    def abort_open(self, prefix: str, after: datetime | None = None) -> tuple[int, int]:
        """Abort the open transactions whose ids begin with `prefix` and a dash, which a cancelled job has left behind.

        With `after`, only those that began after this time (in UTC) are aborted. Returns how many were aborted, and how many
        are left open. Raises RunError if no broker answers.
        """
        return 0, 0

    def active_clients(self, prefix: str, window: float) -> Iterator[str]:
        """Describe each writer, one sentence each, that may belong to another running copy of the job.

        These are the writers with a transactional id that begins with `prefix` and a dash, and with an open transaction or a row written
        within the last `window` seconds. Raises RunError if no broker answers.
        """
        return iter(())

    def compare(self, rows: Columns, prepare: bool = False) -> Iterator[Finding]:
        """Compare what exists in the other system with the rows to write. With `prepare`, first create what the job file asks for.

        Raises NotHere if a secret is not on this machine.
        """
        return iter(())

    def for_dead_letters(self, sinks: Iterable[Sink]) -> Sink:
        """Return this sink as the dead letter queue of a job with these other sinks."""
        return self

    def check_dead_letters(self, sinks: Iterable[Sink]) -> None:
        """Check that the guarantee suffices for the dead letter queue of a job with these other sinks. Raises Problem."""

    def check_checkpoint(self, interval: timedelta) -> None:
        """Check that a transaction stays open until the checkpoint that commits it. Raises Problem."""

    def dead_letters(self) -> Iterator[DeadLetter]:
        """Read the dead letters that the sink holds. Raises RunError if they cannot be read."""
        raise RunError(
            f"{type(self).__name__} cannot read dead letters back", do="check capabilities.keeps_dead_letters first"
        )

    @property
    def may_loop(self) -> bool:
        """Whether the job file accepts that a source of the job reads what this sink writes."""
        return False

    def check(self, rows: Columns) -> None:
        """Check that the sink can write these rows. Raises Problem."""
        if rows.changelog and not self.capabilities.upsert:
            raise Problem(
                (),
                "upsert rows, which may replace earlier ones, and an append-only sink",
                "console, blackhole, or kafka with key",
                'choose one of these sinks, or let the job output append-only rows (dedup: keep: "first")',
            )

    def check_key(self, key: Sequence[str], rows: Columns) -> None:
        """Check that the columns of the sink's `key` exist, and that they are the key of upsert rows. Raises Problem."""
        for index, name in enumerate(key):
            rows.need(name, "key", index)
        if rows.changelog and set(key) != set(rows.key):
            found = f"key: [{', '.join(key)}]" if key else "no key"
            wanted = ", ".join(rows.key)
            raise Problem(
                ("key",),
                f"{found} for upsert rows, whose key is [{wanted}]",
                f"key: [{wanted}]",
                "set the key of the rows",
            )

    def unwritable(self, rows: Columns) -> tuple[Expression, Expression] | None:
        """Return the condition for rows that the sink can never write, and the error text, as expressions on the columns of the rows.

        Such rows do not reach the sink: they become dead letters. None if there is no such condition, or if such a row fails the job.
        """
        return None

    @abstractmethod
    def descriptor(self, schema: Any, rows: Columns, name: str) -> TableDescriptor:
        """Return the descriptor of the Flink table for these rows. `name` is unique to job and sink."""

    def insert(
        self,
        env: TableEnvironment,
        statements: StatementSet,
        table: Table,
        rows: Columns,
        name: str,
        job: str,
        counter: str | None = None,
        route: Route | None = None,
    ) -> None:
        """Add an INSERT of `table` into this sink to the statement set.

        The sink becomes the temporary table `name` of the job `job`. Its rows are counted as the metric `penstock_<counter>`; the default
        of `counter` is `name`. A sink that rejects rows sends them to `route`; `table` then has columns with the origin of a row, too.
        """
        descriptor = self.descriptor(self.table_schema(rows).build(), rows, f"{job}-{name}")
        env.create_temporary_table(name, counted(descriptor, counter or name))
        statements.add_insert(name, table)

    def table_schema(self, rows: Columns) -> Schema.Builder:
        """Return the schema of the Flink table for these rows."""
        from pyflink.table import Schema

        schema = Schema.new_builder()
        for column, kind in rows.types.items():
            key = self.capabilities.needs_key and rows.changelog and column in rows.key
            schema.column(
                column, (kind.sql().removesuffix(" NOT NULL") + " NOT NULL") if key else kind.optional().sql()
            )
        if self.capabilities.needs_key and rows.changelog:
            schema.primary_key(*rows.key)
        return schema
