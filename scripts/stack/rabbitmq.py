"""One real RabbitMQ broker on this machine, with the programs that are installed here."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from penstock.scripts.stack.installed_broker import InstalledBroker
from penstock.scripts.stack.processes import free_port
from penstock.scripts.stack.server import ENVIRON, USER, give

_OF_PACKAGE = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
"""The program of the packages of Linux distributions. The one on their PATH starts only as root or as the user rabbitmq."""

_START = 'epmd -address 127.0.0.1 -port "$ERL_EPMD_PORT" & exec "$0"'
"""Erlang's port mapper would otherwise be started as a daemon, which stays after the broker."""

_PROTOCOL_HEADER = b"AMQP\x00\x00\x09\x01"
_METHOD_FRAME = b"\x01"


class RabbitMq(InstalledBroker):
    """A RabbitMQ broker with its state in `folder`."""

    name: ClassVar[str] = "rabbitmq"
    title: ClassVar[str] = "RabbitMQ"
    port: ClassVar[int] = 5672
    variable: ClassVar[str] = "RABBITMQ"
    package: ClassVar[str] = "rabbitmq-server"
    greeting: ClassVar[tuple[bytes, bytes]] = (_PROTOCOL_HEADER, _METHOD_FRAME)

    @staticmethod
    def installed() -> Path | None:
        """Return the program of the broker; None if it is not installed."""
        found = shutil.which("rabbitmq-server")
        return _OF_PACKAGE if _OF_PACKAGE.exists() else Path(found) if found else None

    def url(self, port: int) -> str:
        return f"amqp://127.0.0.1:{port}"

    def new_data(self, programs: Path, password: str) -> subprocess.CompletedProcess[str]:
        data = self.folder / "data"
        data.mkdir(mode=0o700)
        settings = {
            "default_user": USER, "default_pass": password, "loopback_users": "none", "log.console": "true", "log.console.level": "warning",
        }  # fmt: skip
        texts = {"rabbitmq.conf": "".join(f"{key} = {value}\n" for key, value in settings.items()), "plugins": "[].\n"}
        for name, text in texts.items():
            file = self.folder / name
            file.touch(mode=0o600)
            file.write_text(text, encoding="ascii")
            give(file)
        give(data)
        return subprocess.CompletedProcess([], 0, "", "")

    def environ(self, port: int) -> Mapping[str, str]:
        data = self.folder / "data"
        return {
            **ENVIRON,
            "HOME": str(data),  # of the cookie
            "ERL_CRASH_DUMP": str(data / "crash.dump"),
            "ERL_EPMD_PORT": str(free_port()),
            "RABBITMQ_NODENAME": "penstock@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "RABBITMQ_MNESIA_BASE": str(data),
            "RABBITMQ_LOG_BASE": str(data),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_PID_FILE": str(data / "pid"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self.folder / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        }

    def command(self, programs: Path, port: int) -> list[str | Path]:
        return ["/bin/sh", "-c", _START, programs]
