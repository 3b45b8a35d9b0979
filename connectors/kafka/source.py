"""Kafka topics as a source, with Flink's Table connector."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from penstock.connectors.base.capabilities import Capabilities
from penstock.connectors.base.decoding import DecodingSource
from penstock.connectors.config.columns import Column, Columns
from penstock.connectors.config.problems import Problem, RunError
from penstock.connectors.config.types import Type, parse
from penstock.connectors.dead_letter.schema import ORIGIN
from penstock.connectors.formats import supported_types
from penstock.connectors.kafka import diagnosis
from penstock.connectors.kafka.config import At, Bootstrap, Group, Key, Start, Until, descriptor
from penstock.connectors.kafka.connector import KafkaConnector
from penstock.connectors.kafka.preflight import admin
from penstock.connectors.kafka.properties import ConsumerProperties, Value, as_options
from penstock.connectors.kafka.replay import KafkaReplayer
from penstock.connectors.kafka.security import Security
from penstock.connectors.kafka.topics import SourceTopics, TopicPattern, TopicPlace
from penstock.connectors.kafka.transactions import readers

if TYPE_CHECKING:
    from pyflink.table import TableDescriptor

    from penstock.connectors.base.finding import Finding
    from penstock.connectors.base.sink import Sink

_ENVELOPE: dict[str, tuple[str, str]] = {
    "topic": ("string not null", "topic"),
    "partition": ("int not null", "partition"),
    "offset": ("bigint not null", "offset"),
    "timestamp": ("timestamp_ltz(3) not null", "timestamp"),
    "timestamp_type": ("string not null", "timestamp-type"),
    "headers": ("map<string, bytes>", "headers"),
}


class KafkaSource(KafkaConnector, DecodingSource):
    """Read rows from one or several topics.

    Guarantee: exactly once into Flink's state. Offsets are part of the checkpoint. Records of open or aborted transactions are not
    read.
    """

    capabilities: ClassVar[Capabilities] = Capabilities(
        takes_back=True, commits_position=True, jars=("kafka", "penstock-kafka")
    )
    origin_metadata: ClassVar[Mapping[str, str]] = {
        "penstock_source": "origin.topic",
        **{f"penstock_{name}": f"origin.{name}" for name in ("partition", "offset", "timestamp", "headers", "key")},
    }
    example: ClassVar[str] = """\
bootstrap: ${KAFKA:localhost:9092}
topic: NAME_input
group: NAME
start: earliest
columns: {id: bigint, customer: string, amount: double, at: timestamp_ltz(3)}
event_time: {column: at, out_of_order: 5 s}
on_error: dead_letter
"""

    bootstrap: Bootstrap
    """The brokers: `host:port`, or several of them separated by commas."""

    topic: SourceTopics
    """The topic to read, or a list of topics, or a pattern for their names: `{pattern: "orders-.*"}`."""

    group: Group
    """The consumer group. At each checkpoint the job commits its offsets to the group, for monitoring and for a later `start: group`.
    After a failure the job continues from the offsets in its checkpoint, not from those of the group."""

    start: Start = "group"
    """Where the job starts to read if it has no state to restore: `earliest`, `latest`, `group`, or `{timestamp: ...}`.
    `group` starts from the offsets of the consumer group, or from `earliest` in partitions without one."""

    until: Until | None = None
    """Where the job stops reading and ends: `latest`, `group` (the offsets of the consumer group), or `{timestamp: ...}`.
    `latest` is the end of each partition at the start of the job. Without `until` the job does not end."""

    format: Literal["json", "csv", "avro", "raw"] = "json"
    """Format of the record's value: `json` (one object), `csv` (one line), `avro`, or `raw` (one column of string, bytes or a number).
    `avro` is Avro without a schema registry. Its schema has the fields `columns`, in their order; a field is a union with null unless
    its column is `not null`."""

    key: Key | None = None
    """Columns to decode from the record's key. Without it the key is ignored."""

    envelope: dict[Literal["topic", "partition", "offset", "timestamp", "timestamp_type", "headers"], Column] = {}
    """Metadata of the record to add as columns: metadata field to column name, such as `{timestamp: written_at}`.
    By default no metadata is added."""

    security: Security | None = None
    """TLS and login, see docs/security.md. Without it the client connects without encryption and without a login."""

    properties: ConsumerProperties = {}
    """Kafka consumer properties, such as `{max.poll.records: 5000}`. The error for a property that is not allowed lists the allowed ones.
    Penstock's defaults: `isolation.level: read_committed`, `max.poll.records: 20000`, `max.partition.fetch.bytes: 8388608`."""

    def needed_jars(self) -> tuple[str, ...]:
        return (*super().needed_jars(), *(("avro",) if self.format == "avro" else ()))

    @property
    def bounded(self) -> bool:
        return self.until is not None

    def metadata(self, origin: bool = False) -> dict[str, tuple[Type, str]]:
        selected = {name: (parse(_ENVELOPE[part][0]), _ENVELOPE[part][1]) for part, name in self.envelope.items()}
        more = super().metadata(origin)
        if self.key:
            more.pop("penstock_key", None)  # the key's own decoder has its bytes
        return {**selected, **more}

    def guarded_columns(self, origin: bool) -> dict[str, Type]:
        key = {"penstock_key": ORIGIN["penstock_key"]} if self.key else {}
        return {**key, **super().guarded_columns(origin)}

    def stream(self) -> Columns:
        for at, name in ((self.start, "start"), (self.until, "until")):
            if isinstance(at, At):
                at.check(name)
        if self.format == "raw" and len(self.columns) != 1:
            found = f"{len(self.columns)} columns with format: raw"
            raise Problem(("columns",), found, "one column", "keep one column, or set another format")
        if self.key:
            for name in self.key.columns:
                if name in self.columns:
                    raise Problem(
                        ("key", "columns", name),
                        f'"{name}", which is also a column of the value',
                        "each name once",
                        "rename one of the columns",
                        at_key=True,
                    )
            if self.key.format == "raw" and len(self.key.columns) != 1:
                found = f"{len(self.key.columns)} columns with format: raw, the default of a key"
                raise Problem(("key", "columns"), found, "one column", "keep one column, or set format: json")
        return self._with_key().base_stream()

    def check(self) -> None:
        super().check()
        if self.key:
            columns = self.decoded()
            supported_types.check_columns({name: columns[name] for name in self.key.columns}, "key", "columns")

    def decoded(self) -> dict[str, tuple[Type, str]]:
        key = {name: (kind, self.key.format) for name, kind in self.key.columns.items()} if self.key else {}
        return {**key, **{name: (kind, self.format) for name, kind in self.columns.items()}}

    def base_stream(self) -> Columns:
        """The columns of key, value and envelope together."""
        return super().stream()

    def _with_key(self) -> KafkaSource:
        return self.model_copy(update={"columns": {**(self.key.columns if self.key else {}), **self.columns}})

    def table(self, env: Any, name: str, origin: bool = False) -> Any:
        return DecodingSource.table(self._with_key(), env, name, origin)

    def place(self) -> TopicPlace:
        if isinstance(self.topic, TopicPattern):
            return TopicPlace(self.bootstrap, (), self.security, self.topic)
        return TopicPlace(self.bootstrap, tuple(self.topic), self.security)

    def preflight(self) -> None:
        self.place().check("source kafka")

    def diagnose(self, checkpoint: timedelta, largest: dict[str, int]) -> Iterator[Finding]:
        uncommitted = self.properties.get("isolation.level") == "read_uncommitted"
        return diagnosis.of_source(self.place(), uncommitted, largest)

    def active_clients(self) -> Iterator[str]:
        if clients := readers(self.bootstrap, self.group, self.security):
            yield f"the consumer group {self.group} has members: {', '.join(clients[:5])}"

    def positions(self) -> list[str]:
        with closing(admin("status", self.bootstrap, self.security)) as client:
            read = client.list_group_offsets({self.group: None})[self.group]
        return [
            f"{part.topic}-{part.partition} up to {at.offset}"
            for part, at in sorted(read.items())
            if self.place().matches(part.topic)
        ]

    def replayer(self, dead_letters: Sink, to: str | None) -> KafkaReplayer:
        kept = dead_letters.place()
        beside = kept.topics if isinstance(kept, TopicPlace) else (*self.place().topics, self.group)
        marks = f"{beside[0]}.replayed"
        if self.place().matches(marks):
            found = f'"{marks}", which the source reads'
            raise RunError(
                "dlq: no topic for the marks of a replay", found, do="exclude it from the pattern of the source"
            )
        return KafkaReplayer(self.bootstrap, marks, to, self.security)

    def bounded_read(self, place: str, group: str) -> dict[str, str]:
        if self.place().matches(place):
            do = f'exclude "{place}" from the pattern of the source, or use --to instead of --through'
            raise RunError(
                "dlq: the running job would read the records too", f'"{place}", which its source reads', do=do
            )
        return {"topic": json.dumps([place]), "group": group, "start": "earliest", "until": "latest"}

    def descriptor(self, schema: Any, origin: bool = False) -> TableDescriptor:
        options = {
            **self.place().options(),
            "properties.group.id": self.group,
            "format": "guarded",
            **self.guarded(self.format, self.required()),
            **self._start(),
            **self._until(),
        }
        if self.key:
            options |= {
                "key.format": "guarded",
                "key.fields": ";".join(["penstock_key", *self.key.columns]),
                **self.guarded(self.key.format, self.required(), "key.guarded"),
            }
        defaults: dict[str, Value] = {
            "isolation.level": "read_committed",
            "max.poll.records": 20000,
            "max.partition.fetch.bytes": 8388608,
        }
        return descriptor(
            "kafka-rows", schema, self.bootstrap, options | as_options({**defaults, **self.properties}, self.security)
        )

    def _start(self) -> dict[str, str]:
        if isinstance(self.start, At):
            return {"scan.startup.mode": "timestamp", "scan.startup.timestamp-millis": str(self.start.millis)}
        if self.start == "group":
            return {"scan.startup.mode": "group-offsets", "properties.auto.offset.reset": "earliest"}
        return {"scan.startup.mode": f"{self.start}-offset"}

    def _until(self) -> dict[str, str]:
        if isinstance(self.until, At):
            return {"scan.bounded.mode": "timestamp", "scan.bounded.timestamp-millis": str(self.until.millis)}
        modes = {"latest": "latest-offset", "group": "group-offsets"}
        return {"scan.bounded.mode": modes[self.until]} if self.until else {}
