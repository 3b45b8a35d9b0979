"""A RabbitMQ broker for tests, and a client that publishes and reads messages."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pika
import pytest
from local_servers import running

from penstock.scripts.stack.rabbitmq import RabbitMq
from penstock.scripts.stack.server import USER

needs_rabbitmq = pytest.mark.skipif(
    not RabbitMq.installed(),
    reason="RabbitMQ is not installed: the package rabbitmq-server of Debian and Ubuntu has it",
)


@dataclass(frozen=True)
class Received:
    """A message that was read from a queue."""

    body: bytes
    id: str | None
    routing_key: str
    persistent: bool


def broker(*settings: str) -> AbstractContextManager[RabbitMq]:
    """Run a broker with more lines of its configuration file, and delete its data at the end."""

    class Configured(RabbitMq):
        def new_data(self, programs: Path, password: str) -> subprocess.CompletedProcess[str]:
            done = super().new_data(programs, password)
            with (self.folder / "rabbitmq.conf").open("a", encoding="ascii") as file:
                file.writelines(f"{line}\n" for line in settings)
            return done

    return running(Configured)


@contextmanager
def channel(server: RabbitMq) -> Iterator[Any]:
    """A channel of a client."""
    login = pika.PlainCredentials(USER, server.password)
    where = pika.ConnectionParameters("127.0.0.1", urlsplit(str(server.address)).port, credentials=login)
    connection = pika.BlockingConnection(where)
    try:
        yield connection.channel()
    finally:
        connection.close()


def publish(server: RabbitMq, queue: str, bodies: Iterable[tuple[bytes, Mapping[str, Any]]]) -> None:
    """Create the durable queue if it does not exist, and publish persistent messages with these properties."""
    with channel(server) as opened:
        opened.queue_declare(queue, durable=True)
        opened.confirm_delivery()
        for body, properties in bodies:
            opened.basic_publish("", queue, body, pika.BasicProperties(delivery_mode=2, **properties))


def waiting(server: RabbitMq, queue: str) -> int:
    """The number of messages that no consumer has."""
    with channel(server) as opened:
        return int(opened.queue_declare(queue, passive=True).method.message_count)


def drain(server: RabbitMq, queue: str) -> list[Received]:
    """Read and acknowledge the messages that are in the queue."""
    found = []
    with channel(server) as opened:
        while (got := opened.basic_get(queue, auto_ack=True))[0]:
            method, properties, body = got
            persistent = properties.delivery_mode == 2
            found.append(Received(body, properties.message_id, method.routing_key, persistent))
    return found
