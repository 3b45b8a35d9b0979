"""A database server for tests, in a folder of its own, and jobs that write into it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from penstock.scripts.stack.database import Database

NO_CHECKPOINTS = {"checkpoint": "1 d", "options": {"execution.checkpointing.min-pause": "1 d"}}
"""Options of a job whose batches are not ended by a checkpoint. Flink 2.3 starts the first one as soon as the minimum pause has passed,
which is 0 by default, whatever the interval is."""


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


EVERY_TYPE: dict[str, tuple[Any, str]] = {
    "string": ("Grüße 🦒 'quoted' \\", "Grüße 🦒 'quoted' \\"),
    "varchar(3)": ("abc", "ABC"),
    "tinyint": (-128, "-128"),
    "smallint": (32767, "32767"),
    "int": (-2147483648, "-2147483648"),
    "bigint": (9223372036854775807, "9223372036854775807"),
    "float": (1.5, "1.5"),
    "double": (0.1, "0.1"),
    "decimal(38, 18)": ("12345678901234567890.123456789012345678", "12345678901234567890.123456789012345678"),
    "date": ("0001-01-01", "0001-01-01"),
    "time": ("23:59:59", "23:59:59"),
    "timestamp(3)": ("1969-12-31T23:59:59.999", "1969-12-31 23:59:59.999"),
}
"""Types of columns that each database shows alike: a value in a job file, and the text that the database returns for it. The job of the
tests makes the `varchar(3)` upper case."""
