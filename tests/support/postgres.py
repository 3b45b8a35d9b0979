"""A PostgreSQL server for tests, in a folder of its own."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from penstock.scripts.stack.postgres import Database
from penstock.scripts.stack.processes import free_port


class Postgres(Database):
    """The server, which can crash and start again on the same port."""

    def kill(self) -> None:
        """Shut the server down at once, as a crash ends it: connections break."""
        process = self.service.process
        assert process
        os.kill(process.pid, signal.SIGQUIT)
        self.service.stop()


@contextmanager
def running() -> Iterator[Postgres]:
    """Run a server, and delete its data at the end."""
    with tempfile.TemporaryDirectory(prefix="penstock-") as folder:
        server = Postgres(Path(folder))
        server.start(free_port())
        try:
            yield server
        finally:
            server.stop()
            server.remove()
