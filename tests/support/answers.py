"""An HTTP server that answers as a test says: for what speaks to Flink's REST interface, without a Flink."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Answers:
    """Answers by method and path, such as `GET /config`. A value is JSON data, text, a pair of HTTP status and either, or a function
    without arguments that returns one of these. Anything else is answered with status 404. `asked` lists method, path with query, and
    body of each request."""

    by: dict[str, Any]
    address: str = ""
    asked: list[tuple[str, str, Any]] = field(default_factory=list)


@contextmanager
def answering(by: Mapping[str, Any]) -> Iterator[Answers]:
    """A server on 127.0.0.1 for the length of the block."""
    answers = Answers(dict(by))

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            answers.asked.append((self.command, self.path, body))
            value = answers.by.get(f"{self.command} {self.path.split('?')[0]}", (404, {"errors": ["Not found."]}))
            value = value() if isinstance(value, Callable) else value  # type: ignore[arg-type]
            status, content = value if isinstance(value, tuple) else (200, value)
            data = (content if isinstance(content, str) else json.dumps(content)).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = _answer

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    answers.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield answers
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
