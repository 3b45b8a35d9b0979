"""The ledger of deployments: a SQLite file beside the project. It holds who deployed which version when, from and to which savepoint.

A deployment becomes `running`, then `stopped` (with a savepoint to resume from) or `ended`; one that never started is `failed`.
Before each step of an operation (a submit, stop or upgrade) touches the cluster, the step is written down. So the next command can
reconcile an operation that was broken off: see `reconcile.py`. What is written is in `records.py`.
"""

from __future__ import annotations

import contextlib
import fcntl
import getpass
import json
import os
import socket
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import TypeVar

from penstock.connectors.config.problems import RunError
from penstock.scripts.cluster import records
from penstock.scripts.cluster.records import Action, AnyStep, Deployment, Operation, State, Version

_MIGRATIONS = (
    (  # Version 1 is what was written before the file had a version: a new ledger begins here too.
        """CREATE TABLE IF NOT EXISTS deploys (
            id INTEGER PRIMARY KEY, name TEXT NOT NULL, target TEXT NOT NULL, action TEXT NOT NULL, state TEXT NOT NULL,
            at TEXT NOT NULL, by TEXT NOT NULL, config_hash TEXT NOT NULL, code_hash TEXT NOT NULL, versions TEXT NOT NULL,
            operators TEXT NOT NULL, package TEXT NOT NULL, job_id TEXT NOT NULL, from_savepoint TEXT, savepoint TEXT, note TEXT)""",
        """CREATE TABLE IF NOT EXISTS operations (
            name TEXT NOT NULL, target TEXT NOT NULL, kind TEXT NOT NULL, step TEXT NOT NULL, at TEXT NOT NULL, by TEXT NOT NULL,
            data TEXT NOT NULL, PRIMARY KEY (name, target))""",
    ),
)
"""The statements from each version of the schema to the next; SQLite's `user_version` is the file's."""

VERSION = len(_MIGRATIONS)
_COLUMNS = (
    "id, name, target, action, state, at, by, config_hash, code_hash, versions, operators, package, job_id, "
    "from_savepoint, savepoint, note"
)
_BEGIN = """INSERT INTO operations (name, target, kind, step, at, by, data) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (name, target) DO UPDATE SET
    kind = excluded.kind, step = excluded.step, at = excluded.at, by = excluded.by, data = excluded.data"""
_T = TypeVar("_T")


class Ledger:
    """The ledger in `folder` (its file is `ledger.sqlite`, its packages and locks are beside it)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.file = self.folder / "ledger.sqlite"

    @contextlib.contextmanager
    def _open(self, write: bool = False) -> Iterator[sqlite3.Connection]:
        """The database. What is written is one transaction, committed when the block ends without an error. Raises RunError."""
        try:
            if write:
                self.folder.mkdir(parents=True, exist_ok=True)
            elif not self.file.exists():
                with contextlib.closing(_memory()) as database:
                    self._migrate(database)
                    yield database
                return
            where = self.file.as_uri() + ("" if write else "?mode=ro")
            with contextlib.closing(sqlite3.connect(where, uri=True, timeout=10, isolation_level=None)) as database:
                if write:
                    database.execute("BEGIN IMMEDIATE")
                    self._migrate(database)
                    yield database
                    database.execute("COMMIT")
                elif self._version(database) == VERSION:
                    yield database
                else:  # to read a ledger of an earlier version must not change it
                    with contextlib.closing(_memory()) as copy:
                        database.backup(copy)
                        self._migrate(copy)
                        yield copy
        except (sqlite3.Error, OSError) as problem:
            raise RunError(
                f"the ledger {self.file} cannot be {'written' if write else 'read'}: {problem}",
                do="change its permissions, or name another folder with --ledger; nothing was done to the job"
                if write
                else "change its permissions, or move the file away when it is damaged",
            ) from None

    def _migrate(self, database: sqlite3.Connection) -> None:
        for version in range(self._version(database), VERSION):
            for statement in _MIGRATIONS[version]:
                database.execute(statement)
            database.execute(f"PRAGMA user_version = {version + 1}")

    def _version(self, database: sqlite3.Connection) -> int:
        """The version of the file's schema. Raises RunError when it is newer than this code."""
        [version] = database.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise RunError(
                f"the ledger {self.file} was written by a newer version of Penstock",
                found=f"version {version} of the ledger",
                allowed=f"version {VERSION} or earlier",
                do="install that version of Penstock, or name another folder with --ledger; nothing was done to the job",
            )
        return int(version)

    def _decoded(self, what: str, decode: Callable[[], _T]) -> _T:
        try:
            return decode()
        except (ValueError, KeyError, TypeError) as problem:
            raise RunError(
                f"the ledger {self.file} cannot be read: {what}",
                found=f"{type(problem).__name__}: {problem}",
                do="restore the file from a copy, or name another folder with --ledger; nothing was done to the job",
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

    def deployments(self, name: str | None = None, target: str | None = None) -> list[Deployment]:
        """The deployments, the newest first; all, or those of one job, of one target. Raises RunError."""
        where = " AND ".join([f"{key} = ?" for key, value in (("name", name), ("target", target)) if value] or ["1"])
        with self._open() as database:
            rows = database.execute(
                f"SELECT {_COLUMNS} FROM deploys WHERE {where} ORDER BY id DESC",
                [value for value in (name, target) if value],
            ).fetchall()
        found = [dict(zip(_COLUMNS.split(", "), row, strict=True)) for row in rows]
        return [self._decoded(f"its entry {row['id']}", partial(records.deployment, row)) for row in found]

    def names(self) -> list[str]:
        """The names of the jobs that were deployed. Raises RunError."""
        with self._open() as database:
            return [name for (name,) in database.execute("SELECT DISTINCT name FROM deploys ORDER BY name")]

    def last(self, name: str, target: str) -> Deployment | None:
        """The newest deployment of a job that ever ran."""
        return next(iter(self.ran(name, target)), None)

    def ran(self, name: str, target: str) -> list[Deployment]:
        """The deployments of a job that ran, the newest first: not those that failed or never started."""
        return [one for one in self.deployments(name, target) if one.state.ran]

    def add(self, action: Action, target: str, version: Version) -> int:
        """Write down a deployment, as `submitting`; its number."""
        row = {
            "action": action.value,
            "target": target,
            "package": version.package,
            "state": State.SUBMITTING.value,
            "at": _now(),
            "by": _who(),
            "name": version.name,
            "config_hash": version.config_hash,
            "code_hash": version.code_hash,
            "versions": json.dumps(asdict(version.versions)),
            "operators": json.dumps([operator.as_dict() for operator in version.operators]),
            "job_id": version.job_id,
            "from_savepoint": version.from_savepoint,
        }
        with self._open(write=True) as database:
            names = ", ".join(row)
            marks = ", ".join("?" for _ in row)
            done = database.execute(f"INSERT INTO deploys ({names}) VALUES ({marks})", list(row.values()))
            return int(done.lastrowid or 0)

    def update(
        self, deployment: int, state: State | None = None, savepoint: str | None = None, note: str | None = None
    ) -> None:
        """Change a deployment; what is None stays as it is."""
        changes = {"state": state and state.value, "savepoint": savepoint, "note": note}
        changes = {name: value for name, value in changes.items() if value is not None}
        with self._open(write=True) as database:
            pairs = ", ".join(f"{name} = ?" for name in changes)
            database.execute(f"UPDATE deploys SET {pairs} WHERE id = ?", [*changes.values(), deployment])

    def operation(self, name: str, target: str) -> Operation | None:
        """The operation on a job that was begun and has not ended. Raises RunError."""
        with self._open() as database:
            row = database.execute(
                "SELECT kind, step, at, by, data FROM operations WHERE name = ? AND target = ?", [name, target]
            ).fetchone()
        if not row:
            return None
        action, step, at, by, data = row
        return self._decoded(
            f"the operation on {name}", lambda: Operation(Action(action), records.decode(step, data), at, by)
        )

    def begin(self, name: str, target: str, action: Action, step: AnyStep) -> None:
        """Write down the step that is about to be taken, before it is taken."""
        row = [name, target, action.value, step.step.value, _now(), _who(), records.encode(step)]
        with self._open(write=True) as database:
            database.execute(_BEGIN, row)

    def end(self, name: str, target: str) -> None:
        """Write down that the operation is over, whether it succeeded or failed."""
        with self._open(write=True) as database:
            database.execute("DELETE FROM operations WHERE name = ? AND target = ?", [name, target])

    def package(self, deployment: Deployment) -> Path:
        """The archive of a deployment."""
        return self.folder / "packages" / deployment.package


def _memory() -> sqlite3.Connection:
    return sqlite3.connect(":memory:", isolation_level=None)


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def _who() -> str:
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (OSError, KeyError):
        return f"{os.getuid()}@{socket.gethostname()}"
