"""A real OpenSearch server for tests, in a folder of its own."""

from __future__ import annotations

import json
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from java_program import JAVA, compile_java

from penstock.connectors.runtime.jars import jars
from penstock.scripts.stack.processes import free_port

_SOURCE = Path(__file__).with_name("java") / "LocalNode.java"


@dataclass
class SearchServer:
    """The server."""

    url: str

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request; the answer."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def documents(self, index: str) -> dict[str, Any]:
        """The documents of an index by their ids."""
        self.ask("POST", f"/{index}/_refresh")
        found = self.ask("POST", f"/{index}/_search", {"size": 10_000})
        return {one["_id"]: one["_source"] for one in found["hits"]["hits"]}


@contextmanager
def searching() -> Iterator[SearchServer]:
    """Run a server, and delete its data at the end."""
    libraries = jars(["opensearch-server"])
    with tempfile.TemporaryDirectory(prefix="penstock-") as scratch:
        folder = Path(scratch)
        compiled = compile_java(_SOURCE, folder, libraries, "-nowarn")
        assert compiled.returncode == 0, compiled.stderr
        (folder / "config").mkdir()
        port = free_port()
        path = ":".join(map(str, [folder, *libraries]))
        options = ["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", path]
        with (
            (folder / "log").open("wb") as log,
            subprocess.Popen(
                [JAVA, *options, "org.opensearch.node.LocalNode", folder, str(port)], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=log, cwd=folder,
            ) as server,
        ):  # fmt: skip
            assert server.stdin and server.stdout
            try:
                lines = iter(server.stdout.readline, b"")
                assert any(line == b"started\n" for line in lines), (folder / "log").read_text()[-3000:]
                yield SearchServer(f"http://127.0.0.1:{port}")
            finally:
                server.kill()
