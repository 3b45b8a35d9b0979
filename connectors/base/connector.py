"""What a source and a sink are: a frozen model that turns itself into a Flink table descriptor."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from connectors.base.columns import Columns, ColumnTypes
from connectors.base.config import Config
from connectors.base.counted import counted
from connectors.base.event_time import EventTime
from connectors.base.place import Place
from connectors.base.problems import Problem
from connectors.base.types import Type

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pyflink.table import StatementSet, Table, TableDescriptor, TableEnvironment


IN, REFUSED = "in", "refused"
"""As what the rows of a source and of the dead letters' sink are counted; those of another sink are counted by its name."""


class Connector(Config):
    """What sources and sinks share."""

    jars: ClassVar[tuple[str, ...]] = ()
    """Names in the jar lock that this connector needs beside Flink's own."""

    this_machine: ClassVar[bool] = False
    """Whether it works only where the job runs on this machine."""

    def needed_jars(self) -> tuple[str, ...]:
        """Names in the jar lock that this connector needs as it is set up."""
        return self.jars

    @property
    def file_system(self) -> str | None:
        """The scheme, such as `s3`, for which the cluster needs a file system that Flink does not have by itself."""
        return None

    @property
    def notes(self) -> tuple[str, ...]:
        """What works otherwise than a reader of the job file may think: `penstock validate` says it."""
        return ()

    def located(self, base: Path) -> Connector:
        """The same connector with its paths resolved against the job file's folder."""
        return self

    @property
    def references(self) -> tuple[str, ...]:
        """References to secrets, such as `${env:NAME}`, which are resolved where the job runs."""
        return ()

    @property
    def token_urls(self) -> tuple[str, ...]:
        """OAuth token endpoints, which the JVMs that run the job must allow (`kafka_security.java_options`)."""
        return ()

    def place(self) -> Place | None:
        """Where it reads or writes; None where no other connector can be."""
        return None

    def preflight(self) -> None:
        """Look at the outside world before a run: is the file there, the broker up? Raises RunError."""


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

    def check(self) -> None:
        """What is wrong with the source beside its columns. Raises Problem."""

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
        env.create_temporary_table(name, counted(self.descriptor(schema.build(), origin), IN, self.may_idle))
        return env.from_path(name)


class Sink(Connector):
    """Where rows go."""

    takes_changelog: ClassVar[bool] = False
    """Whether a row may replace an earlier one with the same key."""

    needs_key: ClassVar[bool] = False
    """Whether rows that replace earlier ones must have a declared key, none of whose columns is NULL."""

    @property
    def transactional(self) -> bool:
        """Whether rows become visible with a checkpoint: then a job is stopped with a savepoint, not cancelled."""
        return False

    @property
    def may_loop(self) -> bool:
        """Whether the job file accepts that a source of the job reads what this sink writes."""
        return False

    def check(self, rows: Columns) -> None:
        """Whether these rows can go here. Raises Problem."""
        if rows.changelog and not self.takes_changelog:
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
            key = self.needs_key and rows.changelog and column in rows.key
            schema.column(
                column, (kind.sql().removesuffix(" NOT NULL") + " NOT NULL") if key else kind.optional().sql()
            )
        if self.needs_key and rows.changelog:
            schema.primary_key(*rows.key)
        descriptor = self.descriptor(schema.build(), rows, f"{job}-{name}")
        env.create_temporary_table(name, counted(descriptor, counter or name))
        statements.add_insert(name, table)
