"""One real MQTT broker on this machine: Mosquitto, with the programs that are installed here."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import ClassVar

from penstock.scripts.stack.installed_broker import InstalledBroker
from penstock.scripts.stack.server import USER, give, run

_SBIN = "/usr/local/sbin:/usr/sbin"
"""Where packages of Linux distributions put the program. The PATH of a user may not have these folders."""

_CONNECT = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x00\x00\x00"
_ANSWER = b"\x20"


class Mosquitto(InstalledBroker):
    """A Mosquitto broker with its state in `folder`."""

    name: ClassVar[str] = "mosquitto"
    title: ClassVar[str] = "Mosquitto"
    port: ClassVar[int] = 1883
    variable: ClassVar[str] = "MQTT"
    package: ClassVar[str] = "mosquitto"
    greeting: ClassVar[tuple[bytes, bytes]] = (_CONNECT, _ANSWER)

    @staticmethod
    def installed() -> Path | None:
        """Return the program of the broker; None if it is not installed."""
        found = shutil.which("mosquitto") or shutil.which("mosquitto", path=_SBIN)
        return Path(found) if found and shutil.which("mosquitto_passwd") else None

    def url(self, port: int) -> str:
        return f"mqtt://127.0.0.1:{port}"

    def new_data(self, programs: Path, password: str) -> subprocess.CompletedProcess[str]:
        (self.folder / "data").mkdir(mode=0o700)
        give(self.folder / "data")
        self._file("users", "")
        return self.add_user(USER, password)

    def settings(self, port: int) -> list[tuple[str, object]]:
        """Return the settings of the broker, which it reads when it starts."""
        return [
            ("listener", f"{port} 127.0.0.1"),
            ("allow_anonymous", "false"),
            ("password_file", self.folder / "users"),
            ("persistence", "true"),
            ("persistence_location", f"{self.folder}/data/"),
            ("autosave_interval", 2),  # a broker that is killed loses what it has not saved
            ("max_inflight_messages", 0),  # a job acknowledges messages when a checkpoint is complete
            ("max_queued_messages", 1_000_000),
            ("log_dest", "stderr"),
            ("log_type", "error"),
        ]

    def _file(self, name: str, text: str) -> Path:
        file = self.folder / name
        file.touch(mode=0o600)
        file.write_text(text, encoding="utf-8")
        give(file)
        return file

    def add_user(self, user: str, password: str) -> subprocess.CompletedProcess[str]:
        """Add a user, or change the password. The program asks for it twice."""
        command: list[str | Path] = [str(shutil.which("mosquitto_passwd")), self.folder / "users", user]
        return run(command, self.folder, f"{password}\n{password}\n")

    def command(self, programs: Path, port: int) -> list[str | Path]:
        lines = "".join(f"{key} {value}\n" for key, value in self.settings(port))
        return [programs, "-c", self._file("mosquitto.conf", lines)]
