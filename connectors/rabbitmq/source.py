"""A queue of RabbitMQ as a source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from penstock.connectors.base.capabilities import Capabilities
from penstock.connectors.base.finding import Finding
from penstock.connectors.base.message_source import MessageSource
from penstock.connectors.config.columns import Column
from penstock.connectors.config.problems import RunError
from penstock.connectors.config.quantities import PositiveDuration, duration_text
from penstock.connectors.config.types import Type, parse
from penstock.connectors.rabbitmq.broker import Queue, RabbitmqConnector

if TYPE_CHECKING:
    from pyflink.table import TableDescriptor

_ENVELOPE: dict[str, tuple[str, str]] = {
    "queue": ("string", "queue"),
    "exchange": ("string", "exchange"),
    "routing_key": ("string", "routing-key"),
    "redelivered": ("boolean", "redelivered"),
    "message_id": ("string", "message-id"),
    "correlation_id": ("string", "correlation-id"),
    "type": ("string", "type"),
    "timestamp": ("timestamp_ltz(3)", "timestamp"),
    "headers": ("map<string, bytes>", "headers"),
}
_ACKNOWLEDGED_WITHIN = timedelta(minutes=15)


class RabbitmqSource(RabbitmqConnector, MessageSource):
    """Read the messages of a queue.

    Guarantee: a message is acknowledged when a checkpoint is complete that has its row, so that each message is read at least once.
    Messages with a message id are read exactly once: one that is delivered again is skipped, by the ids in the checkpoint.
    """

    capabilities: ClassVar[Capabilities] = Capabilities(jars=("penstock-rabbitmq", "rabbitmq"))
    origin_metadata: ClassVar[Mapping[str, str]] = {
        "penstock_source": "origin.source",
        **{f"penstock_{name}": f"origin.{name}" for name in ("timestamp", "headers", "key")},
    }
    example: ClassVar[str] = """\
url: ${RABBITMQ:amqp://localhost:5672}
queue: NAME_input
user: penstock
password: ${env:RABBITMQ_PASSWORD}
columns: {id: bigint, customer: string, amount: double, at: timestamp_ltz(3)}
event_time: {column: at, out_of_order: 5 s}
on_error: dead_letter
"""

    queue: Queue
    """The queue."""

    create: bool = False
    """Create the queue if it does not exist, as a durable classic queue. Without it a missing queue is an error before the job starts."""

    skip_redelivered: bool = True
    """Skip a message whose message id was read already, when the broker delivers it again. Ids must be unique: of two messages with the
    same id, the second may be skipped. The job then has one reader. With `false`, each subtask of the source is a consumer of the queue."""

    prefetch: Annotated[int, Field(ge=0, le=65535)] = 0
    """The most unacknowledged messages of each reader; 0 for no limit. Messages are acknowledged when a checkpoint is complete, so a reader
    gets no more than this many between two checkpoints."""

    retry_for: PositiveDuration = timedelta(minutes=10)
    """How long the source tries to connect while the broker does not answer. Then the job fails, and Flink restarts it as `flink.restart`
    says."""

    format: Literal["json", "csv", "avro", "raw"] = "json"
    """Format of a message: `json` (one object), `csv` (one line), `avro` (without a schema registry), or `raw` (one column of string, bytes
    or a number)."""

    envelope: dict[
        Literal[
            "queue",
            "exchange",
            "routing_key",
            "redelivered",
            "message_id",
            "correlation_id",
            "type",
            "timestamp",
            "headers",
        ],
        Column,
    ] = {}
    """Metadata of the message to add as columns: metadata field to column name, such as `{routing_key: kind}`. By default no metadata is
    added."""

    def metadata(self, origin: bool = False) -> dict[str, tuple[Type, str]]:
        selected = {name: (parse(_ENVELOPE[part][0]), _ENVELOPE[part][1]) for part, name in self.envelope.items()}
        return {**selected, **super().metadata(origin)}

    def preflight(self) -> None:
        self.require(self.findings(self.queue, create=self.create, prepare=True), "source rabbitmq")

    def diagnose(self, checkpoint: timedelta, largest: dict[str, int]) -> Iterator[Finding]:
        yield from self.findings(self.queue, create=self.create)
        if checkpoint > _ACKNOWLEDGED_WITHIN:
            found = (
                f"messages are acknowledged every {duration_text(checkpoint)}, and a broker waits for 30 min by default"
            )
            yield Finding("warn", f"queue {self.queue}", found, "set a shorter flink.checkpoint")

    def active_clients(self) -> Iterator[str]:
        answer = self.ask(self.queue)
        if "error" in answer:
            raise RunError(f"source rabbitmq: {self.url} cannot be used", answer["error"])
        consumers = answer["queue"].get("consumers", 0)
        if consumers:
            yield f"the queue {self.queue} has consumers: {consumers}"

    def descriptor(self, schema: Any, origin: bool = False) -> TableDescriptor:
        options = {
            "queue": self.queue,
            "prefetch": str(self.prefetch),
            "skip-known": str(self.skip_redelivered).lower(),
            **self.broker_options(),
        }
        return self.table_of("penstock-rabbitmq", schema, options)
