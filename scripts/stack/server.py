"""The base class of servers on this machine, other than Kafka and Flink."""

from __future__ import annotations

import hashlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar

from penstock.connectors.config.problems import RunError
from penstock.scripts.stack import ports
from penstock.scripts.stack.service import Service

USER = "penstock"
"""A user with every right."""

_READY = 60.0


class LocalServer(ABC):
    """A server with its state in `folder`. Its data are there too, except for root: then the server runs as the user `nobody`, which may
    not be able to open the folder."""

    name: ClassVar[str]
    """The name in the commands, such as `postgres`."""

    title: ClassVar[str]
    """The name of the product."""

    port: ClassVar[int]
    """The usual port."""

    variable: ClassVar[str]
    """The variable of job files with its URL. The environment variable with the password is this one and `_PASSWORD`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute() / self.name
        if not os.geteuid():
            unique = hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]
            self.folder = Path("/var/lib/penstock") / f"{self.name}-{unique}"
        self.service = Service(folder, self.name)

    @abstractmethod
    def url(self, port: int) -> str:
        """Return the URL of its database, as in a job file."""

    @abstractmethod
    def programs(self) -> Path:
        """Return the folder or the file of the server's programs. Raises RunError if this machine has no such programs."""

    @abstractmethod
    def new_data(self, programs: Path, password: str) -> subprocess.CompletedProcess[str]:
        """Create the data and the user."""

    @abstractmethod
    def command(self, programs: Path, port: int) -> list[str | Path]:
        """Return the command of the server."""

    @property
    def address(self) -> str | None:
        """Return the URL of its database if the server runs, else None."""
        port = self.service.port
        return self.url(port) if port else None

    @property
    @abstractmethod
    def ready(self) -> bool:
        """Whether the server runs and answers."""

    def environ(self, port: int) -> Mapping[str, str]:
        """Return the environment variables of the server."""
        return ENVIRON

    @property
    def password(self) -> str:
        """Return the password of the user, which was generated with the data."""
        return (self.folder / "password").read_text(encoding="ascii")

    @property
    def password_variable(self) -> str:
        """Return the environment variable with the password, for jobs that refer to it."""
        return f"{self.variable}_PASSWORD"

    def export_password(self) -> None:
        """Set the environment variable with the password if it is not set, for jobs and clusters that this process starts."""
        os.environ.setdefault(self.password_variable, self.password)

    def start(self, port: int | None = None, say: Callable[[str], None] = lambda text: None) -> str:
        """Start the server if it does not run. Returns its address when it answers.

        Without a `port`, the port of the last start or the usual one is used if it is free, otherwise another one, with a message to
        `say`. Raises RunError.
        """
        if address := self.address:
            return address
        programs = self.programs()
        self.service.make_folder()
        last = self.service.folder / f"{self.name}.port"
        chosen = ports.choose(self.title, f"--{self.name}-port", port, self.port, last, say)
        if not (self.folder / "password").exists():
            self._create(programs)
        process = self.service.start(self.command(programs, chosen), self.environ(chosen), chosen, _owner())
        until = time.monotonic() + _READY
        while process.alive and time.monotonic() < until:
            if self.ready:
                return str(self.address)
            time.sleep(0.2)
        self.stop()
        raise RunError(
            f"stack: {self.title} did not become ready:\n{self.service.tail()}", do=f"read {self.service.log}"
        )

    def stop(self) -> bool:
        """Stop the server without waiting for its clients. Returns whether it was running."""
        return self.service.stop()

    def kill(self) -> None:
        """End the server at once, like a crash: it recovers when it starts again."""
        self.service.stop(signal.SIGKILL)

    def remove(self) -> None:
        """Delete the data."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _create(self, programs: Path) -> None:
        """Create the data, with a user that has a random password. The file of the password is written last: then the data are whole."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(mode=0o700, parents=True)
        give(self.folder)
        password = secrets.token_urlsafe(16)
        done = self.new_data(programs, password)
        if done.returncode:
            raise RunError(
                f"stack: {self.title} could not create its data folder:\n{(done.stdout + done.stderr)[-1500:]}"
            )
        file = self.folder / "password"
        file.touch(mode=0o600)
        file.write_text(password, encoding="ascii")


ENVIRON = {"LC_ALL": "C", "PATH": os.defpath}
"""The environment variables of a server and of its other programs."""


def _owner() -> tuple[int, int] | None:
    """The user and group that run the server; None for the user of this process."""
    if os.geteuid():
        return None
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def give(path: Path) -> None:
    """Make the user of the server the owner of a new file or folder."""
    if user := _owner():
        os.chown(path, *user)


def run(command: list[str | Path], folder: Path, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run a program of the server in the folder, as the user of the server, with `text` as its input."""
    user, group = _owner() or (None, None)
    return subprocess.run(
        command, env=ENVIRON, cwd=folder, user=user, group=group, input=text, capture_output=True, text=True, timeout=120, check=False
    )  # fmt: skip
