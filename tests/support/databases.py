"""A database server for tests, in a folder of its own, and jobs that write into it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import yaml

from penstock.scripts.stack.database import Database
from penstock.scripts.stack.processes import free_port

Kind = TypeVar("Kind", bound=Database)


@contextmanager
def running(kind: type[Kind]) -> Iterator[Kind]:
    """Run a server, and delete its data at the end."""
    with tempfile.TemporaryDirectory(prefix="penstock-") as folder:
        server = kind(Path(folder))
        server.start(free_port())
        try:
            yield server
        finally:
            server.stop()
            server.remove()


def write_job(
    sink: str, database: Database, folder: Path, source: dict[str, Any], job: Any, table: str, **keys: Any
) -> Path:
    """Write the file of a job whose dead letters are files in the folder `dead`. The password is the environment variable DB_PASSWORD."""
    login = {"url": database.address, "table": table, "user": "penstock", "password": "${env:DB_PASSWORD}"}
    file = folder / f"{table}.yaml"
    whole = {
        "name": table.replace("_", "-"), "source": source, "job": job, "sink": {sink: {**login, "create": True, **keys}},
        "dead_letters": {"files": {"path": "dead"}},
    }  # fmt: skip
    file.write_text(yaml.safe_dump(whole, allow_unicode=True, sort_keys=False))
    return file


def values(columns: dict[str, str], *rows: list[Any]) -> dict[str, Any]:
    """A source of these rows."""
    return {"values": {"columns": columns, "rows": list(rows)}}


def dead_letters(folder: Path) -> list[dict[str, Any]]:
    """The dead letters of a job in the folder."""
    files = [file for file in sorted((folder / "dead").rglob("*")) if file.is_file() and not file.name.startswith(".")]
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]
