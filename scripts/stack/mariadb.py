"""One real MariaDB server on this machine."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path
from typing import ClassVar

from penstock.connectors.jdbc.mysql_dialect import MYSQL
from penstock.connectors.jdbc.server import Server
from penstock.scripts.stack.database import Database
from penstock.scripts.stack.server import USER, give, run

_SYSTEM_TABLES = (
    "mariadb_system_tables.sql",
    "mariadb_performance_tables.sql",
    "mariadb_system_tables_data.sql",
)


class MariaDb(Database):
    """A MariaDB server with its state in `folder`."""

    name: ClassVar[str] = "mariadb"
    title: ClassVar[str] = "MariaDB"
    port: ClassVar[int] = 3306
    variable: ClassVar[str] = "MYSQL"
    jar: ClassVar[str] = "mariadb-server"

    def url(self, port: int) -> str:
        return f"mysql://127.0.0.1:{port}/penstock"

    def server(self, user: str, password: str) -> Server:
        login = {"user": user, "password": password, "sslMode": "disable", "connectTimeout": "5000"}
        return Server(MYSQL.driver, ("penstock-jdbc", "mariadb"), MYSQL.jdbc_url(str(self.address)), login)

    def unpack(self, jar: zipfile.ZipFile, folder: Path) -> None:
        base = next(name for name in jar.namelist() if name.endswith("/linux/"))
        for name in jar.namelist():
            if name.startswith((f"{base}bin/mariadbd", f"{base}share/")) and not name.endswith("/"):
                file = folder / name.removeprefix(base)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(jar.read(name))
        (folder / "bin" / "mariadbd").chmod(0o755)

    def new_data(self, programs: Path, password: str) -> subprocess.CompletedProcess[str]:
        data = self.folder / "data"
        data.mkdir(mode=0o700)
        give(data)
        system = [(programs / "share" / name).read_text(encoding="utf-8") for name in _SYSTEM_TABLES]
        statements = [
            "CREATE DATABASE mysql;",
            "USE mysql;",
            *system,
            "CREATE DATABASE penstock CHARACTER SET utf8mb4;",
            "DELETE FROM global_priv WHERE User <> 'mariadb.sys';",  # root has no password
            "FLUSH PRIVILEGES;",
            f"CREATE USER {USER}@'%' IDENTIFIED BY '{password}';",
            f"GRANT ALL ON *.* TO {USER}@'%' WITH GRANT OPTION;",
        ]
        return run([*self._server(programs), "--bootstrap"], self.folder, "\n".join(statements) + "\n")

    def command(self, programs: Path, port: int) -> list[str | Path]:
        # Without --skip-ssl it would create a certificate at each start, which takes about eight seconds.
        network = ["--bind-address=127.0.0.1", f"--port={port}", "--skip-name-resolve", "--skip-ssl"]
        return [
            *self._server(programs),
            *network,
            "--socket=socket",
            "--pid-file=pid",
        ]  # both in the folder of the data

    def _server(self, programs: Path) -> list[str | Path]:
        folders = [
            f"--basedir={programs}",
            f"--datadir={self.folder / 'data'}",
            f"--lc-messages-dir={programs / 'share'}",
        ]
        return [programs / "bin" / "mariadbd", "--no-defaults", *folders, "--innodb-log-file-size=16M"]
