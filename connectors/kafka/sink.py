"""A Kafka topic as a sink, with Flink's Table connector."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from penstock.connectors.base.capabilities import Capabilities
from penstock.connectors.base.sink import Sink
from penstock.connectors.config.columns import Column, ColumnNames, Columns
from penstock.connectors.config.problems import Problem, RunError
from penstock.connectors.config.quantities import PositiveDuration, duration_text, millis
from penstock.connectors.dead_letter.schema import DeadLetter, of_record
from penstock.connectors.formats import options as formats
from penstock.connectors.formats import supported_types
from penstock.connectors.kafka import diagnosis
from penstock.connectors.kafka.config import Bootstrap, HeaderName, descriptor
from penstock.connectors.kafka.connector import KafkaConnector
from penstock.connectors.kafka.preflight import admin
from penstock.connectors.kafka.properties import ProducerProperties, Value, as_options
from penstock.connectors.kafka.read import batches
from penstock.connectors.kafka.record import RecordColumns
from penstock.connectors.kafka.security import Security
from penstock.connectors.kafka.topics import TargetTopic, TopicOf, TopicPlace
from penstock.connectors.kafka.transactions import abort, open_transactions, writers

if TYPE_CHECKING:
    from pyflink.table import Schema, StatementSet, Table, TableDescriptor, TableEnvironment
    from pyflink.table.expression import Expression

    from penstock.connectors.base.finding import Finding
    from penstock.connectors.base.sink import Route


class KafkaSink(KafkaConnector, Sink):
    """Write rows to a topic.

    Guarantee: `exactly_once` (one Kafka transaction per checkpoint: readers with `isolation.level=read_committed` see the rows when
    their checkpoint completes) or `at_least_once` (after a failure, rows may be repeated).
    """

    capabilities: ClassVar[Capabilities] = Capabilities(
        upsert=True, needs_key=True, keeps_dead_letters=True, jars=("kafka",)
    )
    example: ClassVar[str] = """\
bootstrap: ${KAFKA:localhost:9092}
topic: NAME_output
guarantee: exactly_once
"""

    bootstrap: Bootstrap
    """The brokers: `host:port`, or several of them separated by commas."""

    topic: TargetTopic
    """The topic to write to. It must exist before the job starts. For a topic by a column, the column and the topics that it may name:
    `{column: kind, allowed: [orders, refunds]}`. With upsert rows the column must be in their key."""

    format: formats.FormatName = "json"
    """Format of the record's value: `json` (one object) or `csv` (one line)."""

    key: ColumnNames | None = None
    """Columns of the record's key. The key is a JSON object of these columns, or the plain text of a single text column.
    Without it records have no key. For upsert rows it is required, and names the key columns of the rows."""

    value: ColumnNames | None = None
    """Columns of the record's value. Without it the value has all columns, also those of the key, the headers and the timestamp."""

    headers: dict[HeaderName, Column] = {}
    """Headers of the record: name of the header to column, such as `{trace: trace_id}`. For columns of string or bytes.
    A record has no header whose column is NULL. By default records have no headers."""

    timestamp: Column | None = None
    """The `timestamp_ltz` column with the timestamp of the record. Without it, or if the column is NULL, it is the time of writing.
    Kafka has no timestamps before 1970; brokers reject timestamps that are too far in the future
    (`message.timestamp.after.max.ms`), and delete old ones early if the topic has a retention time."""

    on_error: Literal["fail", "dead_letter"] = "fail"
    """What to do with a row that cannot be a record, because its `timestamp` is before 1970, or its topic is NULL or not `allowed`:
    `fail` the job, or route the row to the dead letter queue (`dead_letter`)."""

    guarantee: Literal["exactly_once", "at_least_once"] = "at_least_once"
    """Delivery guarantee: `exactly_once` writes in Kafka transactions; with `at_least_once` rows may be repeated after a failure.
    The default of a dead letter queue is the strictest guarantee of the other sinks."""

    transaction_timeout: PositiveDuration = timedelta(minutes=15)
    """With `exactly_once`: the time after which the broker aborts an open transaction. An outage of the job that lasts longer loses rows.
    At least two checkpoint intervals, and at most the broker's `transaction.max.timeout.ms` (15 min by default)."""

    security: Security | None = None
    """TLS and login, see docs/security.md. Without it the client connects without encryption and without a login."""

    allow_loop: bool = False
    """Accept that a source of this job reads what this sink writes. With `false` such a job is rejected, because its rows would circulate
    forever."""

    properties: ProducerProperties = {}
    """Kafka producer properties, such as `{linger.ms: 50}`. The error for a property that is not allowed lists the allowed ones.
    Penstock's defaults: `linger.ms: 20`, `batch.size: 262144`, `compression.type: lz4` (dead letters: `gzip`), `acks: all`."""

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics that may be written."""
        return tuple(self.topic.allowed) if isinstance(self.topic, TopicOf) else (self.topic,)

    @property
    def transactional(self) -> bool:
        return self.guarantee == "exactly_once"

    @property
    def rejects(self) -> bool:
        return self.on_error == "dead_letter"

    @property
    def may_loop(self) -> bool:
        return self.allow_loop

    @property
    def shared_ids(self) -> frozenset[str]:
        return frozenset(self.bootstrap.split(",")) if self.transactional else frozenset()

    def abort_open(self, prefix: str, after: datetime | None = None) -> tuple[int, int]:
        if not self.transactional:
            return 0, 0
        found = open_transactions(self.bootstrap, prefix, self.security)
        chosen = [one.id for one in found if not after or (one.since and one.since > after)]
        abort(self.bootstrap, chosen, self.security)
        return len(chosen), len(found) - len(chosen)

    def active_clients(self, prefix: str, window: float) -> Iterator[str]:
        now = datetime.now(timezone.utc)
        for one in writers(self.bootstrap, prefix, self.topics, self.security) if self.transactional else ():
            age = (now - one.wrote).total_seconds() if one.wrote else None
            if one.open:
                yield f"{one.id} has an open transaction"
            elif age is not None and age < window:
                yield f"{one.id} wrote {max(0, age):.0f} s ago"

    def for_dead_letters(self, sinks: Iterable[Sink]) -> KafkaSink:
        """Return this sink as a dead letter queue, with the strictest guarantee of the other sinks and room for the largest record.

        Keys that the job file sets stay unchanged. A dead letter holds a record's bytes as base64, which is a third larger. Compression
        with gzip undoes that for any bytes, so that a topic with the limits of the source's topic accepts the dead letter of any record.
        """
        large_records = {
            "compression.type": "gzip",
            "max.request.size": 1 << 25,  # the whole buffer of the client
            **self.properties,
        }
        update: dict[str, Any] = {"properties": large_records}
        timeouts = (one.transaction_timeout for one in sinks if isinstance(one, KafkaSink) and one.transactional)
        if longest := max(timeouts, default=None):
            strictest = {"guarantee": "exactly_once", "transaction_timeout": longest}
            update |= {name: value for name, value in strictest.items() if name not in self.model_fields_set}
        return self.model_copy(update=update)

    def check(self, rows: Columns) -> None:
        self.check_key(self.key or [], rows)
        record = self.record(rows)
        record.check()
        supported_types.check_rows(self.format, record.value_types)
        if self.rejects:
            record.check_rejected()

    def check_dead_letters(self, sinks: Iterable[Sink]) -> None:
        if isinstance(self.topic, TopicOf):
            raise Problem(
                ("topic",), "a topic by a column, for dead letters", "one topic", "name the topic: topic: NAME"
            )
        for key in ("value", "headers", "timestamp", "on_error"):
            if key in self.model_fields_set:
                found = f"{key} for dead letters, whose records have all their columns in the value"
                raise Problem(
                    (key,), found, "bootstrap, topic, format, key and the keys of the client", "remove it", True
                )
        if not self.transactional and any(sink.shared_ids for sink in sinks):
            found = "at_least_once for dead letters, while a sink of this job is exactly_once"
            raise Problem(("guarantee",), found, "exactly_once", "remove guarantee: it then follows from the sink's")

    def check_checkpoint(self, interval: timedelta) -> None:
        # A transaction is open from one checkpoint until the next one completes. If it times out before, its rows are lost.
        if self.transactional and self.transaction_timeout < 2 * interval:
            found = f"{duration_text(self.transaction_timeout)}, with flink.checkpoint: {duration_text(interval)}"
            allowed = "at least twice the checkpoint interval, and longer than any outage"
            do = "raise it (brokers allow at most 15 min by default), or lower flink.checkpoint"
            raise Problem(("transaction_timeout",), found, allowed, do)

    def dead_letters(self) -> Iterator[DeadLetter]:
        [topic] = self.topics
        with closing(admin("dlq", self.bootstrap, self.security)) as client:
            if topic not in client.list_topics():
                head = f'dlq: the topic "{topic}" does not exist on {self.bootstrap}'
                raise RunError(head, do="correct dead_letters of the job file, or create the topic and run the job")
        for records in batches(self.bootstrap, topic, security=self.security):
            for record in records:
                place = f"{record.topic}/{record.partition}/{record.offset}"
                yield DeadLetter.of(place, of_record(record.value, self.format))

    def place(self) -> TopicPlace:
        return TopicPlace(self.bootstrap, self.topics, self.security)

    def preflight(self) -> None:
        self.place().check("sink kafka")

    def diagnose(self, checkpoint: timedelta, largest: dict[str, int]) -> Iterator[Finding]:
        timeout = self.transaction_timeout if self.transactional else None
        return diagnosis.of_sink(self.bootstrap, self.topics, self.security, timeout, checkpoint, largest)

    def record(self, rows: Columns) -> RecordColumns:
        """Return the parts of the records that these rows become."""
        column = self.topic.column if isinstance(self.topic, TopicOf) else None
        return RecordColumns(rows, self.value, self.key or (), self.headers, self.timestamp, column, self.topics)

    def unwritable(self, rows: Columns) -> tuple[Expression, Expression] | None:
        return self.record(rows).unwritable() if self.rejects else None

    def table_schema(self, rows: Columns) -> Schema.Builder:
        record = self.record(rows)
        return record.add_metadata(super().table_schema(record.table_rows()))

    def insert(
        self, env: TableEnvironment, statements: StatementSet, table: Table, rows: Columns, name: str, job: str,
        counter: str | None = None, route: Route | None = None,
    ) -> None:  # fmt: skip
        written = self.record(rows).select(table)
        super().insert(env, statements, written, rows, name, job, counter, route)

    def descriptor(self, schema: Any, rows: Columns, name: str) -> TableDescriptor:
        guarantee = self.guarantee.replace("_", "-")
        options = {"topic": ";".join(self.topics), "sink.delivery-guarantee": guarantee}
        if self.guarantee == "exactly_once":
            options["sink.transactional-id-prefix"] = name
            options["sink.transaction-naming-strategy"] = "POOLING"
            options["properties.transaction.timeout.ms"] = str(millis(self.transaction_timeout))
        options |= self.record(rows).key_options()
        options |= formats.encoding(self.format, "value." if self.key else "")
        defaults: dict[str, Value] = {"linger.ms": 20, "batch.size": 262144, "compression.type": "lz4", "acks": "all"}
        kind = "upsert-kafka" if rows.changelog else "kafka"
        return descriptor(
            kind, schema, self.bootstrap, options | as_options({**defaults, **self.properties}, self.security)
        )
