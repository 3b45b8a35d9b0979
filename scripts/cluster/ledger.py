"""What was deployed: a SQLite file beside the project. Who, when, from what, with which operators, from and to which savepoint.

A deploy ends as `running`, then `stopped` (with a savepoint to go on from) or `ended`; one that never came so far is `failed`.
An operation (a submit, stop or upgrade) is written down before each of its steps touches the cluster, so that one that was
broken off can be reconciled by the next command: see `reconcile.py`.
"""

from __future__ import annotations

import contextlib
import fcntl
import getpass
import json
import os
import socket
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from penstock.connectors.base.problems import RunError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS deploys (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, target TEXT NOT NULL, action TEXT NOT NULL, state TEXT NOT NULL,
    at TEXT NOT NULL, by TEXT NOT NULL, config_hash TEXT NOT NULL, code_hash TEXT NOT NULL, versions TEXT NOT NULL,
    operators TEXT NOT NULL, package TEXT NOT NULL, job_id TEXT NOT NULL, from_savepoint TEXT, savepoint TEXT, note TEXT);
CREATE TABLE IF NOT EXISTS operations (
    name TEXT NOT NULL, target TEXT NOT NULL, kind TEXT NOT NULL, step TEXT NOT NULL, at TEXT NOT NULL, by TEXT NOT NULL,
    data TEXT NOT NULL, PRIMARY KEY (name, target));
"""
_COLUMNS = (
    "id, name, target, action, state, at, by, config_hash, code_hash, versions, operators, package, job_id, "
    "from_savepoint, savepoint, note"
)


@dataclass(frozen=True)
class Deploy:
    """One row: a version of a job as it was started. `versions` and `operators` are plain data."""

    id: int
    name: str
    target: str
    action: str
    state: str
    at: str
    by: str
    config_hash: str
    code_hash: str
    versions: dict[str, Any]
    operators: list[dict[str, Any]]
    package: str
    job_id: str
    from_savepoint: str | None
    savepoint: str | None
    note: str | None


@dataclass(frozen=True)
class Operation:
    """What is being done with a job: the step that was begun last, and what is needed to reconcile it."""

    kind: str
    step: str
    at: str
    by: str
    data: dict[str, Any]


class Ledger:
    """The ledger in `folder` (its file is `ledger.sqlite`, its packages and locks are beside it)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.file = self.folder / "ledger.sqlite"

    @contextlib.contextmanager
    def _open(self, write: bool = False) -> Iterator[sqlite3.Connection]:
        try:
            if write:
                self.folder.mkdir(parents=True, exist_ok=True)
            elif not self.file.exists():
                yield _empty()
                return
            where = self.file.as_uri() + ("" if write else "?mode=ro")
            with contextlib.closing(sqlite3.connect(where, uri=True, timeout=10, isolation_level=None)) as database:
                if write:
                    database.executescript(_SCHEMA)
                    database.execute("BEGIN IMMEDIATE")
                yield database
                if write:
                    database.execute("COMMIT")
        except (sqlite3.Error, OSError) as problem:
            raise RunError(
                f"the ledger {self.file} cannot be {'written' if write else 'read'}: {problem}",
                do="change its permissions, or name another folder with --ledger; nothing was done to the job"
                if write
                else "change its permissions, or move the file away when it is damaged",
            ) from None

    @contextlib.contextmanager
    def locked(self, name: str, target: str) -> Iterator[int]:
        """Hold the lock of one job: its file descriptor, which a child may inherit to hold it too. Raises RunError.

        The system frees it when the last process that holds it ends, however it ends.
        """
        with self._open(write=True):
            pass  # so a ledger that cannot be written is found before anything is done
        place = self.folder / "locks"
        place.mkdir(exist_ok=True)
        descriptor = os.open(place / f"{target}.{name}", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = os.read(descriptor, 200).decode(errors="replace") or "another process"
                raise RunError(f"{name}: {holder} is at work on it", do="wait until it is done") from None
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"process {os.getpid()} ({_who()})".encode(), 0)
            yield descriptor
        finally:
            os.close(descriptor)

    def deploys(self, name: str | None = None, target: str | None = None) -> list[Deploy]:
        """The deploys, the last first; of one job, of one target."""
        where = " AND ".join([f"{key} = ?" for key, value in (("name", name), ("target", target)) if value] or ["1"])
        with self._open() as database:
            rows = database.execute(
                f"SELECT {_COLUMNS} FROM deploys WHERE {where} ORDER BY id DESC",
                [value for value in (name, target) if value],
            ).fetchall()
        return [_deploy(row) for row in rows]

    def last(self, name: str, target: str) -> Deploy | None:
        """The last deploy of a job that ever ran."""
        return next(iter(self.ran(name, target)), None)

    def ran(self, name: str, target: str) -> list[Deploy]:
        """The deploys of a job that ran, the last first: not those that failed or never came so far."""
        return [one for one in self.deploys(name, target) if one.state not in ("failed", "submitting")]

    def add(self, action: str, target: str, package: str, known: dict[str, Any]) -> int:
        """Write down a deploy, as `submitting`; its number. `known` holds the other columns."""
        row = {
            "action": action,
            "target": target,
            "package": package,
            "state": "submitting",
            "at": _now(),
            "by": _who(),
        }
        row |= {key: json.dumps(value) if isinstance(value, (dict, list)) else value for key, value in known.items()}
        with self._open(write=True) as database:
            names = ", ".join(row)
            marks = ", ".join("?" for _ in row)
            done = database.execute(f"INSERT INTO deploys ({names}) VALUES ({marks})", list(row.values()))
            return int(done.lastrowid or 0)

    def update(self, deploy: int, **changes: Any) -> None:
        """Change columns of a deploy."""
        with self._open(write=True) as database:
            pairs = ", ".join(f"{name} = ?" for name in changes)
            database.execute(f"UPDATE deploys SET {pairs} WHERE id = ?", [*changes.values(), deploy])

    def operation(self, name: str, target: str) -> Operation | None:
        """What was begun with a job and has not ended."""
        with self._open() as database:
            row = database.execute(
                "SELECT kind, step, at, by, data FROM operations WHERE name = ? AND target = ?", [name, target]
            ).fetchone()
        return Operation(row[0], row[1], row[2], row[3], json.loads(row[4])) if row else None

    def begin(self, name: str, target: str, kind: str, step: str, **data: Any) -> None:
        """Write down the step that is about to be taken, before it is."""
        row = [name, target, kind, step, _now(), _who(), json.dumps(data)]
        with self._open(write=True) as database:
            database.execute("INSERT OR REPLACE INTO operations VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def end(self, name: str, target: str) -> None:
        """The operation is over, well or not."""
        with self._open(write=True) as database:
            database.execute("DELETE FROM operations WHERE name = ? AND target = ?", [name, target])

    def package(self, deploy: Deploy) -> Path:
        """The archive of a deploy."""
        return self.folder / "packages" / deploy.package


def _deploy(row: Sequence[Any]) -> Deploy:
    named = dict(zip(_COLUMNS.split(", "), row, strict=True))
    return Deploy(**{**named, "versions": json.loads(named["versions"]), "operators": json.loads(named["operators"])})


def _empty() -> sqlite3.Connection:
    database = sqlite3.connect(":memory:")
    database.executescript(_SCHEMA)
    return database


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def _who() -> str:
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (OSError, KeyError):
        return f"{os.getuid()}@{socket.gethostname()}"
