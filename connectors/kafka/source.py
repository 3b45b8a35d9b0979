"""Kafka topics as a source, by Flink's Table connector."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from penstock.connectors.base.capabilities import Capabilities
from penstock.connectors.base.columns import Column, Columns
from penstock.connectors.base.place import Place
from penstock.connectors.base.problems import Problem
from penstock.connectors.base.types import Type, parse
from penstock.connectors.dead_letter.decoding import DecodingSource
from penstock.connectors.dead_letter.schema import ORIGIN
from penstock.connectors.kafka import diagnosis
from penstock.connectors.kafka.config import At, Bootstrap, Group, Key, Start, TopicPlace, Topics, Until, descriptor
from penstock.connectors.kafka.connector import KafkaConnector
from penstock.connectors.kafka.preflight import admin, check_topics
from penstock.connectors.kafka.properties import ConsumerProperties, Value, as_options
from penstock.connectors.kafka.replay import TopicsBack
from penstock.connectors.kafka.security import Security
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
    """Rows from one or several topics.

    Guarantee: exactly once into Flink's state; offsets are part of the checkpoint. Records of open or aborted transactions
    are not read.
    """

    capabilities: ClassVar[Capabilities] = Capabilities(takes_back=True, jars=("kafka",))
    origin_metadata: ClassVar[Mapping[str, str]] = {
        "penstock_source": "topic",
        **{f"penstock_{name}": name for name in ("partition", "offset", "timestamp", "headers")},
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
    """The brokers: `host:port`, or several with commas between."""

    topic: Topics
    """The topic, or a list of topics."""

    group: Group
    """The consumer group, in which offsets are shown (not where they are kept: that is the checkpoint)."""

    start: Start = "group"
    """Where a first start begins: `earliest`, `latest`, `group` (the group's offsets, `earliest` where it has none), or
    `{timestamp: ...}`."""

    until: Until | None = None
    """Stop there, so that the job ends: `latest` is the end of each partition at the start of the job."""

    format: Literal["json", "csv", "avro", "raw"] = "json"
    """The format of the record's value. `avro`: plain Avro (no registry) whose fields are `columns` in their order, each a union with
    null unless it says `not null`. `raw` is one column of string, bytes or a number."""

    key: Key | None = None
    """Columns from the record's key."""

    envelope: dict[Literal["topic", "partition", "offset", "timestamp", "timestamp_type", "headers"], Column] = {}
    """Columns from the record itself: which part, and the column's name."""

    security: Security | None = None
    """How to log in to the brokers, and TLS: docs/security.md. Left out: neither."""

    properties: ConsumerProperties = {}
    """Kafka consumer properties, from an allow-list."""

    def needed_jars(self) -> tuple[str, ...]:
        return (*super().needed_jars(), *(("avro",) if self.format == "avro" else ()))

    @property
    def bounded(self) -> bool:
        return self.until is not None

    def metadata(self, origin: bool = False) -> dict[str, tuple[Type, str]]:
        asked = {name: (parse(_ENVELOPE[part][0]), _ENVELOPE[part][1]) for part, name in self.envelope.items()}
        return {**asked, **super().metadata(origin)}

    def own_columns(self, origin: bool) -> dict[str, Type]:
        key = {"penstock_key": ORIGIN["penstock_key"]} if self._reads_key(origin) else {}
        return {**key, **super().own_columns(origin)}

    def _reads_key(self, origin: bool) -> bool:
        return origin or self.key is not None

    def stream(self) -> Columns:
        for at, name in ((self.start, "start"), (self.until, "until")):
            if isinstance(at, At):
                at.check(name)
        if self.format == "raw" and len(self.columns) != 1:
            raise Problem(
                ("columns",), f"{len(self.columns)} columns", "one, for format: raw", "keep one column, or use json"
            )
        if self.key:
            for name in self.key.columns:
                if name in self.columns:
                    raise Problem(
                        ("key", "columns", name),
                        f'"{name}", which is a column of the value too',
                        "each once",
                        "rename one",
                        at_key=True,
                    )
            if self.key.format == "raw" and len(self.key.columns) != 1:
                raise Problem(
                    ("key", "columns"),
                    f"{len(self.key.columns)} columns",
                    "one, for format: raw",
                    "keep one, or use json",
                )
        return self._with_key().base_stream()

    def decoded(self) -> dict[str, tuple[Type, str]]:
        key = {name: (kind, self.key.format) for name, kind in self.key.columns.items()} if self.key else {}
        return {**key, **{name: (kind, self.format) for name, kind in self.columns.items()}}

    def base_stream(self) -> Columns:
        """The columns of value, key and envelope together."""
        return super().stream()

    def _with_key(self) -> KafkaSource:
        return self.model_copy(update={"columns": {**(self.key.columns if self.key else {}), **self.columns}})

    def table(self, env: Any, name: str, origin: bool = False) -> Any:
        return DecodingSource.table(self._with_key(), env, name, origin)

    def place(self) -> Place:
        return TopicPlace(self.bootstrap, tuple(self.topic), self.security)

    def preflight(self) -> None:
        check_topics("source kafka", self.bootstrap, self.topic, self.security)

    def diagnose(self, checkpoint: timedelta, largest: dict[str, int]) -> Iterator[Finding]:
        uncommitted = self.properties.get("isolation.level") == "read_uncommitted"
        return diagnosis.of_source(self.bootstrap, self.topic, self.security, uncommitted, largest)

    def at_work(self) -> Iterator[str]:
        if clients := readers(self.bootstrap, self.group, self.security):
            yield f"the consumer group {self.group} has members: {', '.join(clients[:5])}"

    def positions(self) -> list[str]:
        with closing(admin("status", self.bootstrap, self.security)) as client:
            read = client.list_group_offsets({self.group: None})[self.group]
        return [
            f"{part.topic}-{part.partition} up to {at.offset}"
            for part, at in sorted(read.items())
            if part.topic in self.topic
        ]

    def way_back(self, dead_letters: Sink, to: str | None) -> TopicsBack:
        kept = dead_letters.place()
        topic = kept.topics[0] if isinstance(kept, TopicPlace) else self.topic[0]
        return TopicsBack(self.bootstrap, f"{topic}.replayed", to, self.security)

    def only(self, place: str, group: str) -> dict[str, str]:
        return {"topic": json.dumps([place]), "group": group, "start": "earliest", "until": "latest"}

    def descriptor(self, schema: Any, origin: bool = False) -> TableDescriptor:
        options = {
            "topic": ";".join(self.topic),
            "properties.group.id": self.group,
            "format": "guarded",
            **self.guarded(self.format, self.required()),
            **self._start(),
            **self._until(),
        }
        if self._reads_key(origin):
            key = self.key.columns if self.key else {}
            options |= {
                "key.format": "guarded",
                "key.fields": ";".join(["penstock_key", *key]),
                "value.fields-include": "EXCEPT_KEY",
                **self.guarded(self.key.format if self.key else "raw", self.required(), "key.guarded"),
            }
        defaults: dict[str, Value] = {
            "isolation.level": "read_committed",
            "max.poll.records": 20000,
            "max.partition.fetch.bytes": 8388608,
        }
        return descriptor(
            "kafka", schema, self.bootstrap, options | as_options({**defaults, **self.properties}, self.security)
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
