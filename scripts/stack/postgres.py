"""One real PostgreSQL server on this machine."""

from __future__ import annotations

import signal
import subprocess
import tarfile
import zipfile
from pathlib import Path
from typing import ClassVar

from penstock.connectors.jdbc.server import Server
from penstock.scripts.stack.database import Database
from penstock.scripts.stack.server import USER, give, run

_SETTINGS = ("listen_addresses=127.0.0.1", "max_connections=50")


class Postgres(Database):
    """A PostgreSQL server with its state in `folder`."""

    name: ClassVar[str] = "postgres"
    title: ClassVar[str] = "PostgreSQL"
    port: ClassVar[int] = 5432
    variable: ClassVar[str] = "POSTGRES"
    jar: ClassVar[str] = "postgres-server"

    def url(self, port: int) -> str:
        return f"postgresql://127.0.0.1:{port}/postgres"

    def server(self, user: str, password: str) -> Server:
        login = {"user": user, "password": password, "sslmode": "disable", "connectTimeout": "5"}
        return Server("org.postgresql.Driver", ("penstock-jdbc", "postgres"), f"jdbc:{self.address}", login)

    def unpack(self, jar: zipfile.ZipFile, folder: Path) -> None:
        [name] = [one for one in jar.namelist() if one.endswith(".txz")]
        with jar.open(name) as packed, tarfile.open(fileobj=packed, mode="r:xz") as programs:
            programs.extraction_filter = getattr(tarfile, "data_filter", None)  # 3.10 has it since 3.10.12
            programs.extractall(folder)  # noqa: S202 - the hash of the jar was checked

    def new_data(self, programs: Path, password: str) -> subprocess.CompletedProcess[str]:
        file = self.folder / "new-password"
        file.touch(mode=0o600)
        file.write_text(password, encoding="ascii")
        give(file)
        login: list[str | Path] = ["--username", USER, "--pwfile", file, "--auth", "scram-sha-256"]
        try:
            return run(
                [programs / "bin" / "initdb", "-D", self.folder / "data", *login, "-E", "UTF8", "--locale", "C"],
                self.folder,
            )
        finally:
            file.unlink()

    def command(self, programs: Path, port: int) -> list[str | Path]:
        settings = [word for one in (*_SETTINGS, f"unix_socket_directories={self.folder}") for word in ("-c", one)]
        return [programs / "bin" / "postgres", "-D", self.folder / "data", "-p", str(port), *settings]

    def stop(self) -> bool:
        return self.service.stop(signal.SIGINT)

    def kill(self) -> None:
        self.service.stop(signal.SIGQUIT)  # which its processes understand; SIGKILL would leave them behind
