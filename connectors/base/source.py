"""The base class of sources."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from penstock.connectors.base.connector import Connector
from penstock.connectors.base.event_time import EventTime
from penstock.connectors.base.row_counting import IN, counted
from penstock.connectors.config.columns import Columns, ColumnTypes
from penstock.connectors.config.problems import Problem, RunError
from penstock.connectors.config.types import Type

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyflink.table import Table, TableDescriptor, TableEnvironment

    from penstock.connectors.base.sink import Sink
    from penstock.connectors.dead_letter.replayer import Replayer


class Source(Connector):
    """A source of a job file."""

    columns: ColumnTypes
    """The columns of the rows: column name to type. Types are described in docs/types.md."""

    event_time: EventTime | None = None
    """The event-time column and the allowed out-of-orderness. Windows over event time need it. Without it rows have no event time."""

    @property
    @abstractmethod
    def bounded(self) -> bool:
        """Whether the stream ends by itself."""

    @abstractmethod
    def descriptor(self, schema: Any, origin: bool = False) -> TableDescriptor:
        """Return the descriptor of the Flink table with this schema. With `origin`, the schema has the columns of `ORIGIN`."""

    def metadata(self, origin: bool = False) -> dict[str, tuple[Type, str]]:
        """Metadata columns: column name to type and Flink's metadata key. With `origin`, those of a dead letter's origin are included."""
        return {}

    def physical(self, origin: bool) -> Mapping[str, Type]:
        """Physical columns of the Flink table: column name to type. With `origin`, those of a dead letter's origin are included."""
        return self.columns

    @property
    def rejects(self) -> tuple[str, ...]:
        """The reasons for which records may become dead letters, such as `decode`."""
        return ()

    def stream(self) -> Columns:
        """The columns that the first step receives. Raises Problem."""
        types = {**self.columns}
        for name, (kind, _) in self.metadata().items():
            if name in types:
                raise Problem(
                    ("columns", name),
                    f'two columns named "{name}"',
                    "each name once",
                    "rename one of them",
                    at_key=True,
                )
            types[name] = kind
        stream = Columns(types, bounded=self.bounded)
        return self.event_time.declare(stream) if self.event_time else stream

    def inline_rows(self) -> list[dict[str, Any]] | None:
        """The decoded rows of a source whose rows are in the job file. None for any other source."""
        return None

    def check(self) -> None:
        """Check everything but the columns, which `stream` checks. Raises Problem."""

    def active_clients(self) -> Iterator[str]:
        """Describe each client, one sentence each, that currently reads with this source's identity, such as its consumer group."""
        return iter(())

    def positions(self) -> list[str]:
        """Committed position in each partition, as text. For the message about rows that may be lost."""
        return []

    def replayer(self, dead_letters: Sink, to: str | None) -> Replayer:
        """Return what sends the records of dead letters back to where they came from, or to the topic `to`.

        `dead_letters` is the dead letter queue that holds them. Raises RunError if the source cannot take records back.
        """
        raise RunError(f"{type(self).__name__} cannot take records back", do="check capabilities.takes_back first")

    def bounded_read(self, place: str, group: str) -> dict[str, str]:
        """Values of the source's config keys with which it reads `place` from beginning to end as `group`, and nothing else.

        The values are YAML texts. Raises RunError if the source cannot take records back.
        """
        raise RunError(
            f"{type(self).__name__} cannot read records that were sent back",
            do="name a job file whose source can, such as kafka",
        )

    @property
    def may_idle(self) -> bool:
        """Whether subtasks without rows may be idle, so that they do not hold back the watermark."""
        return bool(self.event_time and self.event_time.idle_after)

    def table(self, env: TableEnvironment, name: str, origin: bool = False) -> Table:
        """Register the source as temporary table `name` and return the table. With `origin`, the columns of `ORIGIN` are included."""
        from pyflink.table import Schema

        schema = Schema.new_builder()
        for column, kind in self.physical(origin).items():
            schema.column(column, kind.sql())
        first: dict[str, str] = {}
        for column, (kind, key) in self.metadata(origin).items():
            if key in first:  # Flink accepts each metadata key for one column only
                schema.column_by_expression(column, f"CAST(`{first[key]}` AS {kind.sql()})")
            else:
                schema.column_by_metadata(column, kind.sql(), key, True)
                first[key] = column
        if self.event_time:
            self.event_time.watermark(schema, self.columns)
        # A source of this machine ends with its command, so its watermark is never restored.
        timed = self.event_time is not None and not self.capabilities.this_machine
        descriptor, commits = self.descriptor(schema.build(), origin), self.capabilities.commits_position
        env.create_temporary_table(name, counted(descriptor, IN, self.may_idle, timed, commits))
        return env.from_path(name)
