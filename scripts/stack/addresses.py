"""The addresses of Kafka, Flink and databases: from the environment, else from the running stack of the current folder, else a default.

Every command uses this module: job files through `${KAFKA:...}`, `${POSTGRES:...}` and `${MYSQL:...}`, target files through `${FLINK:...}`,
and `topics` and `txn` without `--bootstrap`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

STACK = Path(".penstock/stack")
"""The folder with the stack of the current folder."""

_USUAL_KAFKA = "localhost:9092"


def _on_stderr(text: str) -> None:
    sys.stderr.write(f"{text}\n")


class Variables(Mapping[str, str]):
    """The environment variables. If one that names a server, such as `KAFKA`, is not set or empty, its value is the address of the running
    stack.

    The stack is inspected only when one of them is requested and not set. `say` receives a message when the address of the stack
    replaces a different default.
    """

    def __init__(self, say: Callable[[str], None] = _on_stderr) -> None:
        self._say = say
        self._stack: dict[str, str | None] = {}

    def __getitem__(self, name: str) -> str:
        value = os.environ.get(name)
        if name in _ADDRESSES and not value:
            value = self._of_stack(name)
        if value is None:
            raise KeyError(name)
        return value

    def get(self, name: str, default: Any = None) -> Any:
        """Return the variable, or the default if neither the environment nor the stack defines it."""
        first = name not in self._stack
        value = super().get(name, default)
        if first and default is not None and (address := self._stack.get(name)) and not _same(address, default):
            self._say(f"{name} is {address}, the stack of this folder ({STACK}), instead of the default {default}")
        return value

    def _of_stack(self, name: str) -> str | None:
        if name not in self._stack:
            self._stack[name] = _ADDRESSES[name]()
        return self._stack[name]

    def __iter__(self) -> Iterator[str]:
        return iter(os.environ)

    def __len__(self) -> int:
        return len(os.environ)


def kafka(bootstrap: str | None = None) -> str:
    """Return the brokers for a command without a job file: those of its option, else the same as for a job file. No message is printed,
    because no job file with another default exists."""
    return bootstrap or str(Variables(lambda text: None).get("KAFKA", _USUAL_KAFKA))


def _kafka_of_stack() -> str | None:
    from penstock.scripts.stack.kafka import Broker

    return Broker(STACK).address


def _flink_of_stack() -> str | None:
    from penstock.scripts.stack.flink import FlinkCluster

    return FlinkCluster(STACK).address


def _server_of_stack(name: str) -> str | None:
    from penstock.scripts.stack.servers import SERVERS

    server = SERVERS[name](STACK)
    if server.address:
        server.export_password()
    return server.address


_ADDRESSES: dict[str, Callable[[], str | None]] = {
    "KAFKA": _kafka_of_stack,
    "FLINK": _flink_of_stack,
    "POSTGRES": partial(_server_of_stack, "postgres"),
    "MYSQL": partial(_server_of_stack, "mariadb"),
    "RABBITMQ": partial(_server_of_stack, "rabbitmq"),
    "MQTT": partial(_server_of_stack, "mosquitto"),
}


def _same(one: str, other: str) -> bool:
    return one.replace("localhost", "127.0.0.1") == other.replace("localhost", "127.0.0.1")
