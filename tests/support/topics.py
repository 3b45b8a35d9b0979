"""A Mosquitto broker for tests, and a client that publishes messages."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from penstock.scripts.stack.mosquitto import Mosquitto
from penstock.scripts.stack.processes import free_port
from penstock.scripts.stack.server import USER

needs_mosquitto = pytest.mark.skipif(
    not Mosquitto.installed(), reason="Mosquitto is not installed: the package mosquitto of Debian and Ubuntu has it"
)


class Broker(Mosquitto):
    """A broker with more settings than that of a stack."""

    more: Sequence[tuple[str, object]] = ()

    def settings(self, port: int) -> list[tuple[str, object]]:
        return [*super().settings(port), *self.more]


@contextmanager
def broker(*more: tuple[str, object]) -> Iterator[Broker]:
    """Run a broker, and delete its data at the end."""
    with tempfile.TemporaryDirectory(prefix="penstock-") as folder:
        server = Broker(Path(folder))
        server.more = more
        server.start(free_port())
        try:
            yield server
        finally:
            server.stop()
            server.remove()


@dataclass
class Session:
    """A client that is connected, and the bodies of the messages that it has received."""

    client: Client
    found: list[bytes] = field(default_factory=list)
    connected: Event = field(default_factory=Event)
    answered: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        self.client.on_connect = lambda *_: self.connected.set()
        self.client.on_subscribe = self.client.on_unsubscribe = lambda *_: self.answered.set()
        self.client.on_message = lambda *arrived: self.found.append(arrived[2].payload)

    def subscribe(self, *topics: str) -> None:
        """Subscribe with QoS 1, and wait for the answer."""
        self.client.subscribe([(topic, 1) for topic in topics])
        assert self.answered.wait(30)

    def drain(self) -> None:
        """Wait for what the broker has sent: it answers an unsubscription after that."""
        self.client.unsubscribe("penstock/none")
        assert self.answered.wait(30)


@contextmanager
def session(server: Mosquitto, name: str = "", clean: bool = True) -> Iterator[Session]:
    """Connect a client."""
    made = Session(Client(CallbackAPIVersion.VERSION2, client_id=name, clean_session=clean))
    made.client.username_pw_set(USER, server.password)
    made.client.max_inflight_messages_set(1000)
    made.client.connect("127.0.0.1", int(urlsplit(str(server.address)).port or 0))
    made.client.loop_start()
    try:
        assert made.connected.wait(30)
        yield made
    finally:
        made.client.disconnect()
        made.client.loop_stop()


def publish(server: Mosquitto, messages: Iterable[tuple[str, bytes]], qos: int = 1, retain: bool = False) -> None:
    """Publish messages, and wait until the broker has them."""
    with session(server) as made:
        for sent in [made.client.publish(topic, body, qos, retain) for topic, body in messages]:
            sent.wait_for_publish(30)


def subscribe(server: Mosquitto, name: str, *topics: str) -> None:
    """Create a session of the client with these subscriptions, for which the broker keeps messages from now on."""
    with session(server, name, clean=False) as made:
        made.subscribe(*topics)


def waiting(server: Mosquitto, name: str) -> list[bytes]:
    """The bodies of the messages that the broker keeps for the session of a client. Acknowledges them."""
    with session(server, name, clean=False) as made:
        made.drain()
        return made.found
