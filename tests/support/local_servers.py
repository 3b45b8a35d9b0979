"""A server of a stack for tests, in a folder of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from penstock.scripts.stack.processes import free_port
from penstock.scripts.stack.server import LocalServer

Kind = TypeVar("Kind", bound=LocalServer)


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
