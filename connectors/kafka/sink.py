"""A Kafka topic as a sink, by Flink's Table connector."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from penstock.connectors.base.capabilities import Capabilities
from penstock.connectors.base.columns import ColumnNames, Columns
from penstock.connectors.base.place import Place
from penstock.connectors.base.problems import Problem, RunError, nearest
from penstock.connectors.base.quantities import PositiveDuration, duration_text, millis
from penstock.connectors.base.sink import Sink
from penstock.connectors.dead_letter.schema import DeadLetter, of_record
from penstock.connectors.formats import options as formats
from penstock.connectors.kafka import diagnosis
from penstock.connectors.kafka.config import Bootstrap, Topic, TopicPlace, descriptor
from penstock.connectors.kafka.connector import KafkaConnector
from penstock.connectors.kafka.preflight import admin, check_topics
from penstock.connectors.kafka.properties import ProducerProperties, Value, as_options
from penstock.connectors.kafka.read import batches
from penstock.connectors.kafka.security import Security
from penstock.connectors.kafka.transactions import abort, open_transactions, writers

if TYPE_CHECKING:
    from pyflink.table import TableDescriptor

    from penstock.connectors.base.finding import Finding


class KafkaSink(KafkaConnector, Sink):
    """Rows into a topic.

    Guarantee: `exactly_once` (Kafka transactions, one a checkpoint: readers with `isolation.level=read_committed` see rows
    when their checkpoint is complete) or `at_least_once` (after a failure rows may come again).
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
    """The brokers: `host:port`, or several with commas between."""

    topic: Topic
    """The topic."""

    format: formats.FormatName = "json"
    """The format of the record's value."""

    key: ColumnNames | None = None
    """Columns that make the record's key, as a JSON object; one string column is written plain."""

    guarantee: Literal["exactly_once", "at_least_once"] = "at_least_once"
    """What holds after a failure."""

    transaction_timeout: PositiveDuration = timedelta(minutes=15)
    """`exactly_once`: how long the broker keeps an open transaction. Longer than the longest outage, at most the broker's
    `transaction.max.timeout.ms` (15 min by default)."""

    security: Security | None = None
    """How to log in to the brokers, and TLS: docs/security.md. Left out: neither."""

    allow_loop: bool = False
    """Accept that a source of this job reads what this sink writes. Without it such a job is rejected: each row would come round again."""

    properties: ProducerProperties = {}
    """Kafka producer properties, from an allow-list."""

    @property
    def transactional(self) -> bool:
        return self.guarantee == "exactly_once"

    @property
    def may_loop(self) -> bool:
        return self.allow_loop

    @property
    def shared_ids(self) -> frozenset[str]:
        return frozenset(self.bootstrap.split(",")) if self.transactional else frozenset()

    def abort_open(self, prefix: str) -> int:
        if not self.transactional:
            return 0
        found = [one.id for one in open_transactions(self.bootstrap, prefix, self.security)]
        abort(self.bootstrap, found, self.security)
        return len(found)

    def at_work(self, prefix: str, window: float) -> Iterator[str]:
        now = datetime.now(timezone.utc)
        for one in writers(self.bootstrap, prefix, self.topic, self.security) if self.transactional else ():
            age = (now - one.wrote).total_seconds() if one.wrote else None
            if one.open:
                yield f"{one.id} has an open transaction"
            elif age is not None and age < window:
                yield f"{one.id} wrote {max(0, age):.0f} s ago"

    def for_dead_letters(self, sinks: Iterable[Sink]) -> KafkaSink:
        """As strict as the job's other sinks are where it says nothing, and with room for the largest record.

        A letter holds a record's bytes as base64, a third larger; gzip takes that away again, whatever the bytes are, so that the
        letter of a record that one topic took is taken by another one like it.
        """
        room = {
            "compression.type": "gzip",
            "max.request.size": 1 << 25,
            **self.properties,
        }  # 1 << 25: the client's whole buffer
        update: dict[str, Any] = {"properties": room}
        strictest = (one.transaction_timeout for one in sinks if isinstance(one, KafkaSink) and one.transactional)
        if longest := max(strictest, default=None):
            strict = {"guarantee": "exactly_once", "transaction_timeout": longest}
            update |= {name: value for name, value in strict.items() if name not in self.model_fields_set}
        return self.model_copy(update=update)

    def check(self, rows: Columns) -> None:
        for index, name in enumerate(self.key or []):
            if name not in rows:
                raise Problem(
                    ("key", index),
                    f'"{name}", which is no column here',
                    ", ".join(rows.types),
                    nearest(name, rows.types),
                )
        if rows.changelog and set(self.key or ()) != set(rows.key):
            wanted = ", ".join(rows.key)
            raise Problem(
                ("key",),
                f"{self.key or 'no key'} for rows that replace earlier ones",
                f"key: [{wanted}]",
                "name the rows' own key",
            )

    def check_dead_letters(self, sinks: Iterable[Sink]) -> None:
        if not self.transactional and any(sink.shared_ids for sink in sinks):
            do = "take the key out: dead letters then have the sink's guarantee"
            raise Problem(("guarantee",), "at_least_once, and a sink is exactly_once", "exactly_once", do)

    def check_checkpoint(self, interval: timedelta) -> None:
        """A transaction is open from one checkpoint to the end of the next: one that times out before is lost."""
        if self.transactional and self.transaction_timeout < 2 * interval:
            found = f"{duration_text(self.transaction_timeout)}, with flink.checkpoint: {duration_text(interval)}"
            do = "raise it (the broker's own limit is 15 min by default), or checkpoint more often"
            raise Problem(("transaction_timeout",), found, "at least two checkpoints, and longer than any outage", do)

    def dead_letters(self) -> Iterator[DeadLetter]:
        with closing(admin("dlq", self.bootstrap, self.security)) as client:
            if self.topic not in client.list_topics():
                head = f'dlq: the topic "{self.topic}" does not exist on {self.bootstrap}'
                raise RunError(head, do="has the job ever run?")
        for records in batches(self.bootstrap, self.topic, security=self.security):
            for record in records:
                place = f"{record.topic}/{record.partition}/{record.offset}"
                yield DeadLetter.of(place, of_record(record.value, self.format))

    def place(self) -> Place:
        return TopicPlace(self.bootstrap, (self.topic,), self.security)

    def preflight(self) -> None:
        check_topics("sink kafka", self.bootstrap, [self.topic], self.security)

    def diagnose(self, checkpoint: timedelta, largest: dict[str, int]) -> Iterator[Finding]:
        timeout = self.transaction_timeout if self.transactional else None
        return diagnosis.of_sink(self.bootstrap, self.topic, self.security, timeout, checkpoint, largest)

    def descriptor(self, schema: Any, rows: Columns, name: str) -> TableDescriptor:
        guarantee = self.guarantee.replace("_", "-")
        options = {"topic": self.topic, "sink.delivery-guarantee": guarantee}
        if self.guarantee == "exactly_once":
            options["sink.transactional-id-prefix"] = name
            options["sink.transaction-naming-strategy"] = "POOLING"
            options["properties.transaction.timeout.ms"] = str(millis(self.transaction_timeout))
        prefix = ""
        if self.key:
            plain = len(self.key) == 1 and rows[self.key[0]].is_text
            prefix = "value."
            options |= {"key.format": "raw" if plain else "json", "value.fields-include": "ALL"}
            options |= {} if plain else formats.options("json", "key.")
            options |= {} if rows.changelog else {"key.fields": ";".join(self.key)}
        options |= {f"{prefix}format": self.format, **formats.options(self.format, prefix)}
        defaults: dict[str, Value] = {"linger.ms": 20, "batch.size": 262144, "compression.type": "lz4", "acks": "all"}
        kind = "upsert-kafka" if rows.changelog else "kafka"
        return descriptor(
            kind, schema, self.bootstrap, options | as_options({**defaults, **self.properties}, self.security)
        )
