"""A RabbitMQ broker whose queues a job reads and writes, and the thread that publishes the records of a trial."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pika

from penstock.scripts.stack.rabbitmq import RabbitMq
from penstock.scripts.stack.server import USER
from tests.faults.record import Record
from tests.faults.servers import Server

_SETTINGS = "classic_queue.default_version = 2\n"
"""Queues of the kind that RabbitMQ 4 has. They may lose the last 2,048 acknowledgements when the broker is killed."""


class Queues(Server):
    """A broker with the queues `in` and `out`. It is not killed while a message is being published, so each is published once."""

    def __init__(self, folder: Path) -> None:
        self._broker = RabbitMq(folder)
        self._publishing = threading.Lock()
        self._port = 0
        self._channel: Any = None

    def start(self, port: int) -> None:
        self._port = port
        if not self._broker.folder.exists():
            self._broker.start(port)
            self._broker.stop()
            with (self._broker.folder / "rabbitmq.conf").open("a") as settings:
                settings.write(_SETTINGS)
        self._broker.start(port)
        os.environ[self._broker.password_variable] = self._broker.password  # which the cluster inherits
        if self._publishing.locked():
            self._publishing.release()

    def kill(self) -> None:
        self._publishing.acquire()
        self._broker.kill()
        self._channel = None

    def stop(self) -> None:
        self._broker.stop()
        self._broker.remove()

    def variables(self, port: int) -> dict[str, str]:
        return {self._broker.variable: self._broker.url(port)}

    def _opened(self) -> Any:
        login = pika.PlainCredentials(USER, self._broker.password)
        where = pika.ConnectionParameters("127.0.0.1", self._port, credentials=login, heartbeat=0)
        return pika.BlockingConnection(where).channel()

    def publish(self, body: bytes, id: str) -> None:
        """Publish a persistent message to the queue `in`, and wait for its confirm."""
        with self._publishing:
            if not self._channel:
                self._channel = self._opened()
                self._channel.queue_declare("in", durable=True)
                self._channel.confirm_delivery()
            self._channel.basic_publish("", "in", body, pika.BasicProperties(delivery_mode=2, message_id=id))

    def rows(self) -> list[str]:
        """The rows in the queue `out`, as a consumer reads them that skips a message whose id it has read."""
        channel = self._opened()
        keyed: dict[str, str] = {}
        others: list[str] = []
        while (got := channel.basic_get("out"))[0]:
            id, body = got[1].message_id, got[2].decode()
            if id is None or keyed.setdefault(id, body) != body:
                others.append(body)
        channel.connection.close()  # the messages stay in the queue
        return [*keyed.values(), *others]

    def count(self) -> int | None:
        """None: the number of messages has those that were published twice, so it says nothing about rows."""
        return None


class QueueFeed:
    """Publish records at a rate, from a thread, until it is stopped."""

    def __init__(self, queues: Queues, make: Callable[[int], Record], rate: float) -> None:
        self._queues, self._make, self._rate = queues, make, rate
        self._stop, self._thread = threading.Event(), threading.Thread(target=self._run, daemon=True)
        self._upto: int | None = None
        self.values: list[bytes] = []

    @property
    def sent(self) -> int:
        """The number of records that were published."""
        return len(self.values)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def end(self, least: int) -> int:
        """Publish as fast as possible until at least `least` records exist; the number of all records."""
        self._upto = max(least, self.sent)
        self._thread.join()
        return self.sent

    def put(self, values: list[bytes]) -> None:
        """Publish these values, too."""
        for value in values:
            self._queues.publish(value, f"m{self.sent}")
            self.values.append(value)

    def _run(self) -> None:
        began = time.monotonic()
        while self._upto is None or self.sent < self._upto:
            if self._upto is None and self.sent > (time.monotonic() - began) * self._rate:
                time.sleep(0.02)
            else:
                self.put([self._make(self.sent).value])
