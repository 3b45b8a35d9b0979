"""Kafka topics as source and sink, by Flink's Table connector."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag

from connectors import formats
from connectors.columns import Column, ColumnNames, Columns, ColumnTypes
from connectors.config import Config
from connectors.connector import Sink, Source
from connectors.kafka_preflight import check_topics
from connectors.kafka_properties import ConsumerProperties, ProducerProperties, Value, as_options
from connectors.problems import Problem, nearest
from connectors.quantities import PositiveDuration, millis
from connectors.refusal import refusal
from connectors.types import Type, parse

if TYPE_CHECKING:
    from pyflink.table import TableDescriptor

_BOOTSTRAP = re.compile(r"[A-Za-z0-9._\[\]:-]+:\d{1,5}(,[A-Za-z0-9._\[\]:-]+:\d{1,5})*", re.ASCII)
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}", re.ASCII)
_GROUP = re.compile(r"[A-Za-z0-9._-]{1,200}", re.ASCII)


def _matching(pattern: re.Pattern[str], what: str, allowed: str) -> AfterValidator:
    def check(value: str) -> str:
        if not pattern.fullmatch(value) or value in (".", ".."):
            raise refusal(found=f'"{value[:60]}", which is no {what}', allowed=allowed, do=f"mend the {what}")
        return value

    return AfterValidator(check)


Bootstrap = Annotated[str, _matching(_BOOTSTRAP, "broker list", "host:port, or several with commas between")]
Topic = Annotated[str, _matching(_TOPIC, "topic name", "letters, digits, . _ and -, at most 249")]
Topics = Annotated[
    list[Topic], BeforeValidator(lambda value: [value] if isinstance(value, str) else value), Field(min_length=1)
]
Group = Annotated[str, _matching(_GROUP, "consumer group", "letters, digits, . _ and -, at most 200")]

_ENVELOPE: dict[str, tuple[str, str]] = {
    "topic": ("string not null", "topic"),
    "partition": ("int not null", "partition"),
    "offset": ("bigint not null", "offset"),
    "timestamp": ("timestamp_ltz(3) not null", "timestamp"),
    "timestamp_type": ("string not null", "timestamp-type"),
    "headers": ("map<string, bytes>", "headers"),
}


class At(Config):
    """A position in time."""

    timestamp: str
    """The moment, such as `2026-01-31T12:00:00Z`: the first record not older than it."""

    @property
    def millis(self) -> int:
        moment = datetime.fromisoformat(self.timestamp.replace("Z", "+00:00"))
        return int(moment.astimezone(timezone.utc).timestamp() * 1000)

    def check(self, *path: str) -> None:
        """Whether the moment can be read. Raises Problem."""
        try:
            if "+" not in self.timestamp and "Z" not in self.timestamp:
                raise ValueError
            _ = self.millis
        except ValueError:
            raise Problem(
                (*path, "timestamp"),
                f'"{self.timestamp[:60]}", which is no moment',
                "2026-01-31T12:00:00Z",
                "write it so, with its zone",
            ) from None


def _position(value: object) -> str:
    return "<at>" if isinstance(value, (dict, At)) else "<word>"


Start = Annotated[
    Annotated[Literal["earliest", "latest", "group"], Tag("<word>")] | Annotated[At, Tag("<at>")],
    Discriminator(_position),
]
Until = Annotated[
    Annotated[Literal["latest", "group"], Tag("<word>")] | Annotated[At, Tag("<at>")], Discriminator(_position)
]


class Key(Config):
    """How the record's key is read."""

    columns: ColumnTypes
    """Column name to type, beside the columns of the value."""

    format: Literal["json", "csv", "raw"] = "raw"
    """`raw` for a plain string, number or bytes; `json` for an object."""


class KafkaSource(Source):
    """Rows from one or several topics.

    Guarantee: exactly once into Flink's state; offsets are part of the checkpoint. Records of open or aborted transactions
    are not read.
    """

    jars: ClassVar[tuple[str, ...]] = ("kafka",)

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

    format: Literal["json", "csv", "raw"] = "json"
    """The format of the record's value. `raw` is one column of string, bytes or a number."""

    key: Key | None = None
    """Columns from the record's key."""

    envelope: dict[Literal["topic", "partition", "offset", "timestamp", "timestamp_type", "headers"], Column] = {}
    """Columns from the record itself: which part, and the column's name."""

    properties: ConsumerProperties = {}
    """Kafka consumer properties, from an allow-list."""

    @property
    def bounded(self) -> bool:
        return self.until is not None

    def metadata(self) -> dict[str, tuple[Type, str]]:
        return {name: (parse(_ENVELOPE[part][0]), _ENVELOPE[part][1]) for part, name in self.envelope.items()}

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

    def base_stream(self) -> Columns:
        """The columns of value, key and envelope together."""
        return super().stream()

    def _with_key(self) -> KafkaSource:
        return self.model_copy(update={"columns": {**(self.key.columns if self.key else {}), **self.columns}})

    def table(self, env: Any, name: str) -> Any:
        return Source.table(self._with_key(), env, name)

    def preflight(self) -> None:
        check_topics("source kafka", self.bootstrap, self.topic, self.properties)

    def descriptor(self, schema: Any) -> TableDescriptor:
        options = {
            "topic": ";".join(self.topic),
            "properties.group.id": self.group,
            "format": self.format,
            **({} if self.format == "raw" else formats.options(self.format)),
            **self._start(),
            **self._until(),
        }
        if self.key:
            options |= {
                "key.format": self.key.format,
                "key.fields": ";".join(self.key.columns),
                "value.fields-include": "EXCEPT_KEY",
            }
            options |= formats.options("json", "key.") if self.key.format == "json" else {}
        defaults: dict[str, Value] = {
            "isolation.level": "read_committed",
            "max.poll.records": 20000,
            "max.partition.fetch.bytes": 8388608,
        }
        return _descriptor("kafka", schema, self.bootstrap, options | as_options({**defaults, **self.properties}))

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


class KafkaSink(Sink):
    """Rows into a topic.

    Guarantee: `exactly_once` (Kafka transactions, one a checkpoint: readers with `isolation.level=read_committed` see rows
    when their checkpoint is complete) or `at_least_once` (after a failure rows may come again).
    """

    takes_changelog: ClassVar[bool] = True
    jars: ClassVar[tuple[str, ...]] = ("kafka",)

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

    properties: ProducerProperties = {}
    """Kafka producer properties, from an allow-list."""

    @property
    def transactional(self) -> bool:
        return self.guarantee == "exactly_once"

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

    def preflight(self) -> None:
        check_topics("sink kafka", self.bootstrap, [self.topic], self.properties)

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
        return _descriptor(kind, schema, self.bootstrap, options | as_options({**defaults, **self.properties}))


def _descriptor(connector: str, schema: Any, bootstrap: str, options: Mapping[str, str]) -> Any:
    from pyflink.table import TableDescriptor

    builder = TableDescriptor.for_connector(connector).schema(schema).option("properties.bootstrap.servers", bootstrap)
    for key, value in options.items():
        builder.option(key, value)
    return builder.build()
