"""What a source is."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from penstock.connectors.base.columns import Columns, ColumnTypes
from penstock.connectors.base.connector import Connector
from penstock.connectors.base.event_time import EventTime
from penstock.connectors.base.problems import Problem, RunError
from penstock.connectors.base.row_counting import IN, counted
from penstock.connectors.base.types import Type

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyflink.table import Table, TableDescriptor, TableEnvironment

    from penstock.connectors.base.sink import Sink
    from penstock.connectors.dead_letter.way_back import WayBack


class Source(Connector):
    """Where rows come from."""

    columns: ColumnTypes
    """Column name to type."""

    event_time: EventTime | None = None
    """The column that carries event time, and how late a row may be."""

    @property
    @abstractmethod
    def bounded(self) -> bool:
        """Whether the stream ends by itself."""

    @abstractmethod
    def descriptor(self, schema: Any, origin: bool = False) -> TableDescriptor:
        """The Flink table, given its schema; `origin`: with the columns that a dead letter needs."""

    def metadata(self, origin: bool = False) -> dict[str, tuple[Type, str]]:
        """Columns that come from the record's envelope: name to type and Flink's metadata key. With `origin` those that say where
        a dead letter came from are among them."""
        return {}

    def physical(self, origin: bool) -> Mapping[str, Type]:
        """The columns of the record itself, as Flink is to read them."""
        return self.columns

    @property
    def refuses(self) -> tuple[str, ...]:
        """The reasons for which records may become dead letters."""
        return ()

    def stream(self) -> Columns:
        """The columns that the first step sees. Raises Problem."""
        types = {**self.columns}
        for name, (kind, _) in self.metadata().items():
            if name in types:
                raise Problem(
                    ("columns", name), f'"{name}" twice', "each column once", "rename one of them", at_key=True
                )
            types[name] = kind
        stream = Columns(types, bounded=self.bounded)
        return self.event_time.declare(stream) if self.event_time else stream

    def held_rows(self) -> list[dict[str, Any]] | None:
        """The decoded rows of a source that holds them itself; None for any other."""
        return None

    def check(self) -> None:
        """What is wrong with the source beside its columns. Raises Problem."""

    def at_work(self) -> Iterator[str]:
        """Who else reads with this source's identity now, a sentence each."""
        return iter(())

    def positions(self) -> list[str]:
        """Up to where it was read, as the outside world knows it, for a sentence about rows that may be lost."""
        return []

    def way_back(self, dead_letters: Sink, to: str | None) -> WayBack:
        """How rejected records are sent to where they came from, or `to` another place of the same kind; `dead_letters` is where the dead
        letters are kept. Raises RunError where none can be."""
        raise RunError(f"{type(self).__name__} takes no records back", do="ask capabilities.takes_back first")

    def only(self, place: str, group: str) -> dict[str, str]:
        """The keys of the job file with which it reads only this place, to its end, under another identity. Raises RunError where
        `way_back` does."""
        raise RunError(
            f"{type(self).__name__} reads no records that were sent back", do="name a job file with such a source"
        )

    @property
    def may_idle(self) -> bool:
        """Whether the watermarks of silent subtasks are left out."""
        return bool(self.event_time and self.event_time.idle_after)

    def table(self, env: TableEnvironment, name: str, origin: bool = False) -> Table:
        """Create the table as temporary table `name`, and read it; `origin`: with the columns that a dead letter needs."""
        from pyflink.table import Schema

        schema = Schema.new_builder()
        for column, kind in self.physical(origin).items():
            schema.column(column, kind.sql())
        first: dict[str, str] = {}
        for column, (kind, key) in self.metadata(origin).items():
            if key in first:  # Flink takes each key for one column only
                schema.column_by_expression(column, f"CAST(`{first[key]}` AS {kind.sql()})")
            else:
                schema.column_by_metadata(column, kind.sql(), key, True)
                first[key] = column
        if self.event_time:
            self.event_time.watermark(schema, self.columns)
        timed = (
            self.event_time is not None and not self.capabilities.this_machine
        )  # what ends with its command is not restored
        env.create_temporary_table(name, counted(self.descriptor(schema.build(), origin), IN, self.may_idle, timed))
        return env.from_path(name)
