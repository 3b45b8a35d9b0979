"""What a sink is."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from penstock.connectors.base.columns import Columns
from penstock.connectors.base.connector import Connector
from penstock.connectors.base.problems import Problem, RunError
from penstock.connectors.base.row_counting import counted
from penstock.connectors.dead_letter.schema import DeadLetter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import timedelta

    from pyflink.table import StatementSet, Table, TableDescriptor, TableEnvironment


class Sink(Connector):
    """Where rows go."""

    @property
    def transactional(self) -> bool:
        """Whether rows become visible with a checkpoint: then a job is stopped with a savepoint, not cancelled."""
        return False

    @property
    def shared_ids(self) -> frozenset[str]:
        """Where the ids of its transactions follow from the job's name (brokers, say): a second job of that name there ends what the
        first one has open. Nothing where there are no such ids."""
        return frozenset()

    def abort_open(self, prefix: str) -> int:
        """End the transactions with ids that begin with `prefix`, which a job that was cancelled left open; how many. Raises RunError."""
        return 0

    def at_work(self, prefix: str, window: float) -> Iterator[str]:
        """Who has such a transaction open, or has written within `window` seconds, a sentence each. Raises RunError."""
        return iter(())

    def for_dead_letters(self, sinks: Iterable[Sink]) -> Sink:
        """Return this sink as the dead letter queue of a job with these other sinks."""
        return self

    def check_dead_letters(self, sinks: Iterable[Sink]) -> None:
        """Check that its guarantee suffices for the dead letter queue of a job with these other sinks. Raises Problem."""

    def check_checkpoint(self, interval: timedelta) -> None:
        """Whether rows survive until the checkpoint that makes them visible. Raises Problem."""

    def dead_letters(self) -> Iterator[DeadLetter]:
        """What lies there, as dead letters in the order in which they were written. Raises RunError."""
        raise RunError(f"{type(self).__name__} keeps no dead letters", do="ask capabilities.keeps_dead_letters first")

    @property
    def may_loop(self) -> bool:
        """Whether the job file accepts that a source of the job reads what this sink writes."""
        return False

    def check(self, rows: Columns) -> None:
        """Whether these rows can go here. Raises Problem."""
        if rows.changelog and not self.capabilities.upsert:
            raise Problem(
                (),
                "rows that replace earlier ones, and this sink can only append",
                "console, blackhole, or kafka with key",
                'choose such a sink, or let the job give each row once (dedup: keep "first")',
            )

    @abstractmethod
    def descriptor(self, schema: Any, rows: Columns, name: str) -> TableDescriptor:
        """The Flink table, given its schema, the rows that will come and a name unique to job and sink."""

    def insert(
        self,
        env: TableEnvironment,
        statements: StatementSet,
        table: Table,
        rows: Columns,
        name: str,
        job: str,
        counter: str | None = None,
    ) -> None:
        """Add "write these rows here" to the statement set, as temporary table `name` of the job `job`; the rows are counted as
        `counter`, or by the table's name."""
        from pyflink.table import Schema

        schema = Schema.new_builder()
        for column, kind in rows.types.items():
            key = self.capabilities.needs_key and rows.changelog and column in rows.key
            schema.column(
                column, (kind.sql().removesuffix(" NOT NULL") + " NOT NULL") if key else kind.optional().sql()
            )
        if self.capabilities.needs_key and rows.changelog:
            schema.primary_key(*rows.key)
        descriptor = self.descriptor(schema.build(), rows, f"{job}-{name}")
        env.create_temporary_table(name, counted(descriptor, counter or name))
        statements.add_insert(name, table)
