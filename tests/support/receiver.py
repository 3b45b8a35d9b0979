"""A real HTTP server for tests, which keeps the requests that it gets."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class Request:
    """A request: its method, path, headers (names in lower case) and body."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Answer:
    """What the server answers."""

    status: int = 204
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    stalls: bool = False
    """Whether the server never sends the end of the body."""


class Receiver:
    """The server. `answer` chooses the answer to a request; `accepted` has the requests with a status below 300."""

    def __init__(self, answer: Callable[[Request], Answer] = lambda request: Answer(), port: int = 0) -> None:
        self.answer = answer
        self.requests: list[Request] = []
        self.accepted: list[Request] = []
        self.most, self._now, self._lock = 0, 0, threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _reply(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.reply(self, Request(self.command, self.path, headers, body))

            do_GET = do_POST = do_PUT = do_PATCH = _reply

            def log_message(self, format: str, *arguments: object) -> None:
                """Print nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)

    def reply(self, handler: BaseHTTPRequestHandler, request: Request) -> None:
        """Answer a request. `most` is the largest number of requests at the same time."""
        with self._lock:
            self.requests.append(request)
            self._now += 1
            self.most = max(self.most, self._now)
        answer = self.answer(request)
        with self._lock:
            self._now -= 1
            if answer.status < 300:
                self.accepted.append(request)
        body = answer.body.encode()
        handler.send_response(answer.status)
        for name, value in {**answer.headers, "Content-Length": str(len(body) + answer.stalls)}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)
        if answer.stalls:
            handler.wfile.flush()
            time.sleep(20)

    @property
    def url(self) -> str:
        """The address of the server."""
        return f"http://127.0.0.1:{self.server.server_address[1]}/rows"

    def secure(self, certificate: Path, key: Path) -> None:
        """Let the server speak TLS."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)

    def start(self) -> None:
        """Answer requests."""
        self._thread.start()

    def stop(self) -> None:
        """Close the port."""
        self.server.shutdown()
        self.server.server_close()


@contextmanager
def receiving(answer: Callable[[Request], Answer] = lambda request: Answer()) -> Iterator[Receiver]:
    """Run a server."""
    receiver = Receiver(answer)
    receiver.start()
    try:
        yield receiver
    finally:
        receiver.stop()
