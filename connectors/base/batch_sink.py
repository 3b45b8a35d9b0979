"""The base class of sinks that write batches of rows with a client of the other system; see `java/penstock/BatchOperator.java`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from penstock.connectors.base.row_counting import REJECTED, counted
from penstock.connectors.base.sink import Route, Sink
from penstock.connectors.config.columns import Columns
from penstock.connectors.config.model import Config
from penstock.connectors.config.quantities import PositiveDuration, millis
from penstock.connectors.dead_letter.schema import DEAD_LETTER, ORIGIN
from penstock.connectors.formats import options as formats

if TYPE_CHECKING:
    from pyflink.table import StatementSet, Table, TableDescriptor, TableEnvironment

_PREFIX = "dead-letters."


class Batch(Config):
    """When a batch of rows is written. One is also written before each checkpoint."""

    rows: Annotated[int, Field(ge=1, le=100_000)] = 1_000
    """The most rows of a batch."""

    interval: PositiveDuration = timedelta(seconds=1)
    """The longest time that a row waits for its batch to fill."""


class BatchSink(Sink):
    """A sink that writes batches of rows."""

    on_error: Literal["fail", "dead_letter"] = "fail"
    """What to do with a row that the other system rejects: `fail` the job, or route the row to the dead letter queue (`dead_letter`)
    with the system's message."""

    batch: Batch = Batch()
    """When rows are written."""

    retry_for: PositiveDuration = timedelta(minutes=10)
    """How long a batch is tried again while the other system does not answer. The steps before the sink wait. Then the job fails, and
    Flink restarts it as `flink.restart` says."""

    @property
    def rejects(self) -> bool:
        return self.on_error == "dead_letter"

    @abstractmethod
    def options(self, rows: Columns) -> Mapping[str, str]:
        """Return the connector and its options for these rows."""

    def written_key(self) -> tuple[str, ...]:
        """Return the columns by which a row replaces an earlier one; empty if rows are only added."""
        return ()

    def descriptor(self, schema: Any, rows: Columns, name: str) -> TableDescriptor:
        """Return the descriptor of the table. `insert` adds what the job and its dead letters need."""
        from pyflink.table import TableDescriptor

        own = {
            "batch.rows": str(self.batch.rows),
            "batch.interval": f"{millis(self.batch.interval)} ms",
            "retry-for": f"{millis(self.retry_for)} ms",
            "format": formats.encoder("json"),
        }
        if key := self.written_key():
            own["key"] = ";".join(key)
        options = {**own, **self.options(rows)}
        builder = TableDescriptor.for_connector(options.pop("connector")).schema(schema)
        for option, value in options.items():
            builder.option(option, value)
        return builder.build()

    def insert(
        self, env: TableEnvironment, statements: StatementSet, table: Table, rows: Columns, name: str, job: str,
        counter: str | None = None, route: Route | None = None,
    ) -> None:  # fmt: skip
        from pyflink.table import TableDescriptor

        schema = self.table_schema(rows)
        for column in table.get_schema().get_field_names():
            if column in ORIGIN:
                schema.column(column, ORIGIN[column].sql())
        table_of = self.descriptor(schema.build(), rows, f"{job}-{name}")._j_table_descriptor.toBuilder()
        more = {"counted-as": counter or name, "step": name}
        if route and self.rejects:
            more |= {"job": route.job, "version": route.version}
            dead_letters = route.sink.descriptor(
                route.sink.table_schema(DEAD_LETTER).build(), DEAD_LETTER, f"{job}-{name}-dead-letters"
            )
            inner = counted(dead_letters, REJECTED)._j_table_descriptor.getOptions()
            more |= {f"{_PREFIX}{option}": value for option, value in dict(inner).items()}
        for option, value in more.items():
            table_of = table_of.option(option, value)
        env.create_temporary_table(name, TableDescriptor(table_of.build()))
        statements.add_insert(name, table)
