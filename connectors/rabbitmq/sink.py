"""An exchange or a queue of RabbitMQ as a sink."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from pydantic import model_validator

from penstock.connectors.base.batch_sink import BatchSink
from penstock.connectors.base.capabilities import Capabilities
from penstock.connectors.config.columns import Column, ColumnNames, Columns
from penstock.connectors.config.invalid import invalid
from penstock.connectors.config.model import Config
from penstock.connectors.config.problems import Problem
from penstock.connectors.config.quantities import PositiveDuration, millis
from penstock.connectors.rabbitmq.broker import AmqpName, Queue, RabbitmqConnector

if TYPE_CHECKING:
    from penstock.connectors.base.finding import Finding


class OfColumn(Config):
    """The routing key of each row."""

    column: Column
    """The column that holds the routing key, a text."""


class RabbitmqSink(RabbitmqConnector, BatchSink):
    """Publish rows as JSON messages to a queue or an exchange.

    Guarantee: each row is published at least once: the broker has confirmed it before a checkpoint is complete. With `message_id`,
    consumers can recognise a message that is published again.
    """

    capabilities: ClassVar[Capabilities] = Capabilities(jars=("penstock-rabbitmq", "rabbitmq"))
    example: ClassVar[str] = """\
url: ${RABBITMQ:amqp://localhost:5672}
queue: NAME_output
user: penstock
password: ${env:RABBITMQ_PASSWORD}
create: true
"""

    queue: Queue | None = None
    """The queue that gets the rows. Name either a queue or an exchange."""

    exchange: AmqpName | None = None
    """The exchange that routes the rows to queues. A row that no queue gets is rejected."""

    routing_key: AmqpName | OfColumn | None = None
    """With `exchange`: the routing key of all rows, or `{column: NAME}` for that of each row. Without it the routing key is empty."""

    message_id: ColumnNames | None = None
    """The columns that identify a row. The id of its message is a hash of their values, so that a row that is published again after a
    failure has the same id."""

    create: bool = False
    """Create the queue if it does not exist, as a durable classic queue."""

    timeout: PositiveDuration = timedelta(seconds=30)
    """How long to wait for the confirms of a batch before the rows without one are published again."""

    @model_validator(mode="after")
    def _one_place(self) -> RabbitmqSink:
        if bool(self.queue) == bool(self.exchange):
            found = "queue beside exchange" if self.queue else "neither queue nor exchange"
            raise invalid(found, "one of them", "name the queue, or the exchange and the routing_key")
        if self.queue and self.routing_key is not None:
            raise invalid("routing_key beside queue", "routing_key with exchange", "remove routing_key")
        if self.exchange and self.create:
            do = "remove create, and create the exchange, its queues and their bindings on the broker"
            raise invalid("create with exchange", "create with queue", do)
        return self

    def check(self, rows: Columns) -> None:
        super().check(rows)
        for index, name in enumerate(self.message_id or ()):
            rows.need(name, "message_id", index)
        if isinstance(self.routing_key, OfColumn):
            name = self.routing_key.column
            rows.need(name, "routing_key", "column")
            if rows.types[name].name not in ("string", "varchar", "char"):
                found = f"{name}, whose type is {rows.types[name]}"
                raise Problem(("routing_key", "column"), found, "a column of texts", "name another column")

    def compare(self, rows: Columns, prepare: bool = False) -> Iterator[Finding]:
        yield from self.findings(self.queue, self.exchange, self.create, prepare)

    def options(self, rows: Columns) -> Mapping[str, str]:
        more = {}
        if isinstance(self.routing_key, OfColumn):
            more["routing-column"] = self.routing_key.column
        elif key := self.queue or self.routing_key:
            more["routing-key"] = key
        if self.message_id:
            more["message-id"] = ";".join(self.message_id)
        return {
            "connector": "penstock-rabbitmq",
            "exchange": self.exchange or "",
            "timeout": f"{millis(self.timeout)} ms",
            **more,
            **self.broker_options(),
        }
