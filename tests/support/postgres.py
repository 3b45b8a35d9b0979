"""A PostgreSQL server for tests, in a folder of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from penstock.scripts.stack.postgres import Database
from penstock.scripts.stack.processes import free_port


@contextmanager
def running() -> Iterator[Database]:
    """Run a server, and delete its data at the end."""
    with tempfile.TemporaryDirectory(prefix="penstock-") as folder:
        server = Database(Path(folder))
        server.start(free_port())
        try:
            yield server
        finally:
            server.stop()
            server.remove()
