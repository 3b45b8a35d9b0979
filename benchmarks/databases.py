"""`python -m benchmarks.databases postgres` (or `mysql`): rows a second into a table, beside loops of the usual client over the same file.

Each candidate writes the file's first part, and then all of it; what the additional rows take is what is compared, so that the start of
Flink is not part of it. It prints a line for each candidate, and the ratio to the loops with the same guarantee. All is one run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock.scripts.stack.database import Database
from penstock.scripts.stack.mariadb import MariaDb
from penstock.scripts.stack.postgres import Postgres
from penstock.scripts.stack.processes import free_port
from penstock.scripts.stack.server import USER

_ROWS, _FIRST = 600_000, 100_000
_ROOT = Path(__file__).parents[1]
COLUMNS = {"id": "bigint", "name": "string", "price": "decimal(10, 2)", "at": "timestamp_ltz(3)"}

_ROWS_OF_FILE = """
import itertools, json, sys
way, host, port, database, user, password, file, count = sys.argv[1:9]
insert = "INSERT INTO written (id, name, price, at) VALUES (%s, %s, %s, %s)"
def rows():
    with open(file) as lines:
        for line in itertools.islice(lines, int(count)):
            row = json.loads(line)
            yield row["id"], row["name"], row["price"], row["at"]
def write(connection, cursor, statement):
    some = rows()
    while part := list(itertools.islice(some, 1000)):
        cursor.executemany(statement, part)
        connection.commit()
"""
_PSYCOPG = (
    _ROWS_OF_FILE
    + """
import psycopg
login = dict(host=host, port=port, dbname=database, user=user, password=password)
upsert = " ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name, price = EXCLUDED.price, at = EXCLUDED.at"
with psycopg.connect(**login) as connection, connection.cursor() as cursor:
    if way == "bulk":
        with cursor.copy("COPY written (id, name, price, at) FROM STDIN") as copy:
            for row in rows():
                copy.write_row(row)
    else:
        write(connection, cursor, insert + (upsert if way == "upsert" else ""))
"""
)
_PYMYSQL = (
    _ROWS_OF_FILE
    + """
import os, tempfile, pymysql
login = dict(host=host, port=int(port), database=database, user=user, password=password, charset="utf8mb4", local_infile=True)
upsert = " ON DUPLICATE KEY UPDATE name = VALUES(name), price = VALUES(price), at = VALUES(at)"
rows_with_zone = rows
def rows():
    for id, name, price, at in rows_with_zone():
        yield id, name, price, at.rstrip("Z")
with pymysql.connect(**login) as connection, connection.cursor() as cursor:
    if way == "bulk":
        with tempfile.NamedTemporaryFile("w", suffix=".csv", delete=False) as text:
            for row in rows():
                text.write("\\t".join(map(str, row)) + "\\n")
        cursor.execute(f"LOAD DATA LOCAL INFILE '{text.name}' INTO TABLE written (id, name, price, at)")
        connection.commit()
        os.unlink(text.name)
    else:
        write(connection, cursor, insert + (upsert if way == "upsert" else ""))
"""
)


@dataclass(frozen=True)
class Peer:
    """The usual client of a database: its package, its loop, and what it calls the way to load many rows."""

    database: type[Database]
    name: str
    package: str
    loop: str
    bulk: str
    table: str


_PEERS = {
    "postgres": Peer(
        Postgres, "psycopg", "psycopg[binary]==3.3.9", _PSYCOPG, "COPY",
        "id bigint {}, name text, price numeric(10,2), at timestamptz(3)",
    ),
    "mysql": Peer(
        MariaDb, "PyMySQL", "PyMySQL==1.1.2", _PYMYSQL, "LOAD DATA",
        "id bigint {}, name longtext, price decimal(10,2), at datetime(3)",
    ),
}  # fmt: skip


def main() -> None:
    """Install the client, and measure each candidate."""
    if len(sys.argv) != 2 or sys.argv[1] not in _PEERS:
        sys.exit(f"python -m benchmarks.databases {'|'.join(_PEERS)}")
    sink, peer = sys.argv[1], _PEERS[sys.argv[1]]
    packages = _ROOT / "build" / "bench" / peer.package.partition("[")[0].partition("=")[0]
    if not packages.is_dir():
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--target", packages, peer.package], check=True)
    with tempfile.TemporaryDirectory(prefix="penstock-") as scratch:
        folder = Path(scratch)
        for count in (_FIRST, _ROWS):
            write_rows(folder / f"{count}.jsonl", count)
        database = peer.database(folder)
        database.start(free_port())
        try:
            _measure(sink, peer, packages, database, folder)
        finally:
            database.stop()
            database.remove()


def _measure(sink: str, peer: Peer, packages: Path, database: Database, folder: Path) -> None:
    def loop(way: str) -> Callable[[int], None]:
        return lambda count: _loop(peer, packages, database, folder, way, count)

    def ours(keyed: bool) -> Callable[[int], None]:
        return lambda count: _penstock(sink, database, folder, keyed, count)

    speeds: dict[str, float] = {}
    upsert, insert, bulk = (f"{peer.name}, {way}" for way in ("upsert", "INSERT", peer.bulk))
    for name, keyed, write in (
        (upsert, True, loop("upsert")),
        ("Penstock with key", True, ours(True)),
        (insert, False, loop("insert")),
        (bulk, False, loop("bulk")),
        ("Penstock without key", False, ours(False)),
    ):
        speeds[name] = _speed(peer, database, keyed, write)
        print(f"{name}: {speeds[name]:,.0f} rows/s", flush=True)
    print(f"with key: {speeds['Penstock with key'] / speeds[upsert]:.2f} of {upsert}")
    for other in (insert, bulk):
        print(f"without key: {speeds['Penstock without key'] / speeds[other]:.2f} of {other}")


def _speed(peer: Peer, database: Database, keyed: bool, write: Callable[[int], None]) -> float:
    """Rows a second of the rows beyond the first part."""
    seconds = {}
    for count in (_FIRST, _ROWS):
        new = f"CREATE TABLE written ({peer.table.format('PRIMARY KEY' if keyed else '')})"
        database.query("DROP TABLE IF EXISTS written", new)
        began = time.monotonic()
        write(count)
        seconds[count] = time.monotonic() - began
        if (found := database.query("SELECT count(*) FROM written")) != [[str(count)]]:
            sys.exit(f"the table has {found} rows, not {count}")
    return (_ROWS - _FIRST) / (seconds[_ROWS] - seconds[_FIRST])


def write_rows(file: Path, count: int) -> None:
    """Write rows of `COLUMNS` as JSON Lines."""
    with file.open("w", encoding="utf-8") as lines:
        for n in range(count):
            row = {
                "id": n,
                "name": f"name of row {n}",
                "price": f"{n % 100_000 / 100:.2f}",
                "at": "2026-01-01T12:00:00.123Z",
            }
            lines.write(f"{json.dumps(row)}\n")


def _loop(peer: Peer, packages: Path, database: Database, folder: Path, way: str, count: int) -> None:
    host, _, rest = str(database.address).partition("//")[2].partition(":")
    port, _, name = rest.partition("/")
    arguments = [way, host, port, name, USER, database.password, str(folder / f"{count}.jsonl"), str(count)]
    environ = {**os.environ, "PYTHONPATH": str(packages)}
    subprocess.run([sys.executable, "-S", "-c", peer.loop, *arguments], check=True, env=environ)


def _penstock(sink: str, database: Database, folder: Path, keyed: bool, count: int) -> None:
    job: dict[str, Any] = {
        "name": "bench",
        "source": {"files": {"path": str(folder / f"{count}.jsonl"), "columns": COLUMNS}},
        "job": {"map": {"function": "trim", "of": "name", "to": "name"}},
        "sink": {
            sink: {
                "url": database.address, "table": "written", "user": USER, "password": f"${{env:{database.password_variable}}}",
                "on_error": "dead_letter", **({"key": "id"} if keyed else {}),
            }
        },
        "dead_letters": {"files": {"path": str(folder / "dead")}},
    }  # fmt: skip
    file = folder / "job.yaml"
    file.write_text(json.dumps(job))
    command = [str(Path(sys.executable).with_name("penstock")), "run", str(file), "--quiet"]
    subprocess.run(command, check=True, env={**os.environ, database.password_variable: database.password})


if __name__ == "__main__":
    main()
