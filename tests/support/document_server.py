"""An imitation of a MongoDB server for tests: mongo-java-server, which keeps documents in memory. No package brings a real server here."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from java_program import JAVA, compile_java

from penstock.connectors.runtime.jars import jars

_SOURCE = Path(__file__).with_name("java") / "DocumentServer.java"


@contextmanager
def document_server(port: int = 0) -> Iterator[str]:
    """Run a server, whose documents are gone at the end; its address."""
    with tempfile.TemporaryDirectory(prefix="penstock-") as scratch:
        folder = Path(scratch)
        needed = jars(["mongodb-server"])
        compiled = compile_java(_SOURCE, folder, needed, "-nowarn")
        assert compiled.returncode == 0, compiled.stderr
        class_path = os.pathsep.join(map(str, [folder, *needed]))
        server = subprocess.Popen(
            [JAVA, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", class_path, "DocumentServer", str(port)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        try:
            assert server.stdout
            yield f"mongodb://127.0.0.1:{server.stdout.readline().strip()}/penstock"
        finally:
            server.kill()
            server.wait()
