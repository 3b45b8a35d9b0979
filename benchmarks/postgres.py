"""`python -m benchmarks.postgres`: rows a second into PostgreSQL, beside loops of psycopg over the same file, all in one run.

Each candidate writes the file's first part, and then all of it; what the additional rows take is what is compared, so that the start of
Flink is not part of it. It prints a line for each candidate, and the ratio to the loop with the same guarantee.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from penstock.scripts.stack.database import USER
from penstock.scripts.stack.postgres import Postgres
from penstock.scripts.stack.processes import free_port

_ROWS, _FIRST = 600_000, 100_000
_PEER = "psycopg[binary]==3.3.9"
_ROOT = Path(__file__).parents[1]
_PACKAGES = _ROOT / "build" / "bench" / "psycopg"
_TABLE = "id bigint {}, name text, price numeric(10,2), at timestamptz(3)"
_COLUMNS = {"id": "bigint", "name": "string", "price": "decimal(10, 2)", "at": "timestamp_ltz(3)"}

_LOOP = """
import itertools, json, sys, psycopg
way, url, file, count = sys.argv[1:5]
def rows():
    with open(file) as lines:
        for line in itertools.islice(lines, int(count)):
            row = json.loads(line)
            yield row["id"], row["name"], row["price"], row["at"]
upsert = "ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name, price = EXCLUDED.price, at = EXCLUDED.at"
with psycopg.connect(url) as connection, connection.cursor() as cursor:
    if way == "copy":
        with cursor.copy("COPY out (id, name, price, at) FROM STDIN") as copy:
            for row in rows():
                copy.write_row(row)
    else:
        some = rows()
        while part := list(itertools.islice(some, 1000)):
            cursor.executemany("INSERT INTO out (id, name, price, at) VALUES (%s, %s, %s, %s)" + (upsert if way == "upsert" else ""), part)
            connection.commit()
"""


def main() -> None:
    """Install psycopg, and measure each candidate."""
    if not _PACKAGES.is_dir():
        install = [sys.executable, "-m", "pip", "install", "-q", "--target", str(_PACKAGES), _PEER]
        subprocess.run(install, check=True)
    with tempfile.TemporaryDirectory(prefix="penstock-") as scratch:
        folder = Path(scratch)
        for count in (_FIRST, _ROWS):
            _write(folder / f"{count}.jsonl", count)
        database = Postgres(folder)
        database.start(free_port())
        try:
            _measure(database, folder)
        finally:
            database.stop()
            database.remove()


def _measure(database: Postgres, folder: Path) -> None:
    speeds: dict[str, float] = {}
    for name, keyed, write in (
        ("psycopg, INSERT ... ON CONFLICT", True, lambda count: _loop(database, folder, "upsert", count)),
        ("Penstock with key", True, lambda count: _penstock(database, folder, True, count)),
        ("psycopg, INSERT", False, lambda count: _loop(database, folder, "insert", count)),
        ("psycopg, COPY", False, lambda count: _loop(database, folder, "copy", count)),
        ("Penstock without key", False, lambda count: _penstock(database, folder, False, count)),
    ):
        speeds[name] = _speed(database, keyed, write)
        print(f"{name}: {speeds[name]:,.0f} rows/s", flush=True)
    print(
        f"with key: {speeds['Penstock with key'] / speeds['psycopg, INSERT ... ON CONFLICT']:.2f} of INSERT ... ON CONFLICT"
    )
    for peer in ("psycopg, INSERT", "psycopg, COPY"):
        print(f"without key: {speeds['Penstock without key'] / speeds[peer]:.2f} of {peer}")


def _speed(database: Postgres, keyed: bool, write: Callable[[int], None]) -> float:
    """Rows a second of the rows beyond the first part."""
    seconds = {}
    for count in (_FIRST, _ROWS):
        database.query(
            "DROP TABLE IF EXISTS out", f"CREATE TABLE out ({_TABLE.format('PRIMARY KEY' if keyed else '')})"
        )
        began = time.monotonic()
        write(count)
        seconds[count] = time.monotonic() - began
        if (found := database.query("SELECT count(*) FROM out")) != [[str(count)]]:
            sys.exit(f"the table has {found} rows, not {count}")
    return (_ROWS - _FIRST) / (seconds[_ROWS] - seconds[_FIRST])


def _write(file: Path, count: int) -> None:
    with file.open("w", encoding="utf-8") as lines:
        for n in range(count):
            row = {
                "id": n,
                "name": f"name of row {n}",
                "price": f"{n % 100_000 / 100:.2f}",
                "at": "2026-01-01T12:00:00.123Z",
            }
            lines.write(f"{json.dumps(row)}\n")


def _loop(database: Postgres, folder: Path, way: str, count: int) -> None:
    login = str(database.address).replace("//", f"//{USER}:{database.password}@")
    environ = {**os.environ, "PYTHONPATH": str(_PACKAGES)}
    command = [sys.executable, "-S", "-c", _LOOP, way, login, str(folder / f"{count}.jsonl"), str(count)]
    subprocess.run(command, check=True, env=environ)


def _penstock(database: Postgres, folder: Path, keyed: bool, count: int) -> None:
    job: dict[str, Any] = {
        "name": "bench",
        "source": {"files": {"path": str(folder / f"{count}.jsonl"), "columns": _COLUMNS}},
        "job": {"map": {"function": "trim", "of": "name", "to": "name"}},
        "sink": {
            "postgres": {
                "url": database.address, "table": "out", "user": USER, "password": f"${{env:{database.password_variable}}}",
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
