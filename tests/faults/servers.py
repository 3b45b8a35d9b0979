"""The servers of a job's source and sink: a database, an HTTP endpoint, or queues. Each can be killed, and is asked for its rows at the
end."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from abc import ABC, abstractmethod
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from penstock.connectors.jdbc.server import DatabaseError
from penstock.scripts.stack.database import Database
from penstock.scripts.stack.mariadb import MariaDb
from penstock.scripts.stack.postgres import Postgres

DATABASES: dict[str, type[Database]] = {"postgres": Postgres, "mysql": MariaDb}
"""The sinks that write into a database, and its server."""

_OUTPUT = {"postgres": "public.out", "mariadb": "penstock.out"}  # without the first part, out is a keyword in MariaDB


class Server(ABC):
    """A server whose output is named `out`."""

    @abstractmethod
    def start(self, port: int) -> None:
        """Start it, also after a kill: with what it had."""

    @abstractmethod
    def kill(self) -> None:
        """End it at once."""

    @abstractmethod
    def stop(self) -> None:
        """End it, and delete what it has."""

    @abstractmethod
    def variables(self, port: int) -> dict[str, str]:
        """The variables of the job file, with the address at this port."""

    @abstractmethod
    def rows(self) -> list[str]:
        """The rows as JSON objects."""

    @abstractmethod
    def count(self) -> int | None:
        """The number of rows; None while it does not answer."""


class Table(Server):
    """A table of a database."""

    def __init__(self, kind: type[Database], folder: Path) -> None:
        self._database = kind(folder)
        self._output = _OUTPUT[kind.name]

    def start(self, port: int) -> None:
        self._database.start(port)
        os.environ[self._database.password_variable] = self._database.password  # which the cluster inherits

    def kill(self) -> None:
        self._database.kill()

    def stop(self) -> None:
        self._database.stop()
        self._database.remove()

    def variables(self, port: int) -> dict[str, str]:
        return {self._database.variable: self._database.url(port)}

    def rows(self) -> list[str]:
        if self._database.name == "postgres":
            found = self._database.query("SET TIME ZONE 'UTC'", f"SELECT row_to_json(o) FROM {self._output} o")
        else:
            found = self._database.query(f"SELECT JSON_OBJECT({self._json_columns()}) FROM {self._output}")
        return [str(row[0]).replace("+00:00", "Z") for row in found]

    def _json_columns(self) -> str:
        """The columns of the table in MariaDB, as arguments of JSON_OBJECT."""
        columns = "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'out'"
        text = "DATE_FORMAT(`{}`, '%Y-%m-%dT%H:%i:%s.%fZ')"
        return ", ".join(
            f"'{name}', {text.format(name) if kind == 'datetime' else f'`{name}`'}"
            for name, kind in self._database.query(columns)
        )

    def count(self) -> int | None:
        with contextlib.suppress(DatabaseError):
            return int(str(self._database.query(f"SELECT count(*) FROM {self._output}")[0][0]))
        return None


class Endpoint(Server):
    """An HTTP endpoint that keeps the row of each request, and only the first one with the same `Idempotency-Key`. Its rows survive a kill,
    and those of requests whose answer was lost are there."""

    def __init__(self) -> None:
        self._keyed: dict[str, str] = {}
        self._others: list[str] = []
        self._lock = threading.Lock()
        self._http: ThreadingHTTPServer | None = None
        self._open: set[socket.socket] = set()

    def start(self, port: int) -> None:
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                endpoint._open.add(self.connection)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                endpoint._keep(self.headers["Idempotency-Key"], body)
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *arguments: Any) -> None:
                """Print nothing."""

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                """Print nothing about connections that a kill has closed."""

        self._http = Quiet(("127.0.0.1", port), Handler)
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()

    def _keep(self, key: str | None, body: str) -> None:
        with self._lock:
            if key is None:
                self._others.append(body)
            elif self._keyed.setdefault(key, body) != body:
                self._others.append(body)  # two rows with one key: an error, which is counted as a wrong row

    def kill(self) -> None:
        http, self._http = self._http, None
        if http:
            http.shutdown()
            http.server_close()
        for one in self._open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def stop(self) -> None:
        self.kill()

    def variables(self, port: int) -> dict[str, str]:
        return {"ENDPOINT": f"http://127.0.0.1:{port}/out"}

    def rows(self) -> list[str]:
        return [*self._keyed.values(), *self._others]

    def count(self) -> int | None:
        return len(self._keyed) + len(self._others)
