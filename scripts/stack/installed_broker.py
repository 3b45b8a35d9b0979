"""The base class of message brokers on this machine, whose programs are installed with a package of its system."""

from __future__ import annotations

import socket
from abc import abstractmethod
from pathlib import Path
from typing import ClassVar

from penstock.connectors.config.problems import RunError
from penstock.scripts.stack.server import LocalServer


class InstalledBroker(LocalServer):
    """A broker that the system's package `package` installs."""

    package: ClassVar[str]
    """The package of Debian and Ubuntu with the programs."""

    greeting: ClassVar[tuple[bytes, bytes]]
    """What a client sends first, and the beginning of the broker's answer."""

    @staticmethod
    @abstractmethod
    def installed() -> Path | None:
        """Return the program of the broker; None if it is not installed."""

    def programs(self) -> Path:
        if program := self.installed():
            return program
        raise RunError(
            f"stack: {self.title} is not installed",
            found="no such programs on this machine",
            do=f"install the package {self.package} of Debian or Ubuntu, or set {self.variable} to the URL of a broker",
        )

    @property
    def ready(self) -> bool:
        port = self.service.port
        if not port:
            return False
        sent, answer = self.greeting
        try:
            with socket.create_connection(("127.0.0.1", port), 2) as connection:
                connection.sendall(sent)
                return connection.recv(1) == answer
        except OSError:
            return False
