"""A TCP proxy on this machine that can be disconnected: the network between the job and its broker."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
import time

_CHUNK = 1 << 16


class Proxy:
    """Forward each connection from its port to `target` (both on the loopback address), with one thread for each connection."""

    def __init__(self, target: int) -> None:
        self.target = target
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._until = 0.0
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, seconds: float) -> None:
        """Close every connection and forward nothing for this many seconds."""
        self._until = time.monotonic() + seconds
        with self._lock:
            for one in self._open:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
        time.sleep(seconds)

    def close(self) -> None:
        """Stop."""
        self._server.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            if time.monotonic() < self._until:
                client.close()
                continue
            threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client, socket.create_connection(("127.0.0.1", self.target), 30) as server:
            server.settimeout(None)
            with self._lock:
                self._open |= {client, server}
            try:
                with selectors.DefaultSelector() as selector:
                    selector.register(client, selectors.EVENT_READ, server)
                    selector.register(server, selectors.EVENT_READ, client)
                    self._pump(selector)
            finally:
                with self._lock:
                    self._open -= {client, server}

    @staticmethod
    def _pump(selector: selectors.BaseSelector) -> None:
        while True:
            for key, _ in selector.select():
                source: socket.socket = key.fileobj  # type: ignore[assignment]
                data = source.recv(_CHUNK)
                if not data:
                    return
                key.data.sendall(data)
