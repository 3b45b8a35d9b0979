"""The secrets of four mechanisms, by three kinds of reference, in a job that runs: none is in a log, a plan, a package, a REST answer, an
argument list or an error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli import ENVIRON, PENSTOCK
from secured import CLIENT_SECRET, KEY_PASSWORD, PASSWORD, Secured

from penstock.scripts.flink.client import Flink
from penstock.scripts.stack.flink import FlinkCluster
from penstock.scripts.stack.processes import free_port

pytestmark = pytest.mark.slow

CANARIES = (PASSWORD, CLIENT_SECRET, KEY_PASSWORD)


def _job(secured: Secured, folder: Path) -> Path:
    """All mechanisms; and a Python function, whose worker has the whole environment."""

    def kafka(mechanism: str, **more: Any) -> dict[str, Any]:
        where = {"bootstrap": secured.addresses[mechanism], "security": secured.security(mechanism)}
        return {"kafka": {**where, "topic": "canaries.out", **more}}

    source = {"topic": "canaries", "group": "canaries", "start": "earliest", "columns": {"t": "string"}}
    made = {
        "name": "canaries",
        "source": kafka("SCRAM-SHA-512", **source, on_error="dead_letter"),
        "job": {"map": {"function": "canary_function.same", "of": "t", "to": "u", "type": "string"}},
        "sink": [kafka("PLAIN"), kafka("OAUTHBEARER")],
        "dead_letters": kafka("mutual TLS", topic="canaries.dead"),
    }
    (folder / "canary_function.py").write_text("def same(text):\n    return text\n")
    (folder / "client.yaml").write_text(json.dumps({"security": secured.security("PLAIN")}))
    job = folder / "job.yaml"
    job.write_text(json.dumps(made))
    return job


def test_no_secret_is_anywhere(tmp_path: Path, secured: Secured) -> None:
    environ = {**ENVIRON, **secured.environ, "PENSTOCK_CACHE_LOGS": str(tmp_path), "KAFKA": secured.addresses["PLAIN"]}
    environ |= {"PENSTOCK_SECURITY": "client.yaml", "PATH": f"{sys.base_prefix}/bin:{os.environ['PATH']}"}
    said: list[str] = []

    def penstock(*arguments: str | Path, **more: str) -> str:
        done = subprocess.run(
            [PENSTOCK, *map(str, arguments)], cwd=tmp_path, env={**environ, **more}, capture_output=True, text=True,
            timeout=600, check=False
        )  # fmt: skip
        said.append(done.stdout + done.stderr)
        return done.stdout + done.stderr

    job = _job(secured, tmp_path)
    for topic in ("canaries", "canaries.out", "canaries.dead"):
        assert "created" in penstock("topics", "create", topic)
    (tmp_path / "lines").write_text('{"t": "one"}\nnone\n')
    penstock("topics", "produce", "canaries", "lines")
    stack = ("--only", "flink", "--rest-port", str(free_port()), "--token-url", secured.token_url)
    up = penstock("stack", "up", *stack, "--folder", tmp_path / "stack")
    assert "flink is up" in up, up
    cluster = FlinkCluster(tmp_path / "stack")
    environ["FLINK"] = str(cluster.address)
    try:
        for command in ("validate", "show", "plan", "package", "submit"):
            penstock(command, job)
        assert "RUNNING" in said[-1], said[-1]
        assert '"one"' in penstock("topics", "tail", "canaries.out", "--limit", "1", "--follow")
        penstock("plan", "--brokers", job)
        penstock("dlq", "show", job)
        for command in ("status", "logs", "history"):
            penstock(command, "canaries")
        penstock("doctor", "--target", "session", "--job", job)
        penstock("run", job, SECURED_PASSWORD="")
        said += _rest(Flink(str(cluster.address)))
        said.append(subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout)
    finally:
        penstock("stack", "down", "--folder", tmp_path / "stack")
    texts = {str(n): text for n, text in enumerate(said)} | dict(
        _contents([f for f in tmp_path.rglob("*") if f.is_file()])
    )
    assert any(name.endswith("taskmanager-1.log") for name in texts), sorted(texts)
    assert not [name for name, text in texts.items() if any(canary in text for canary in CANARIES)]


def _rest(flink: Flink) -> Iterator[str]:
    """What the REST interface says of the cluster and of each job."""
    for path in ("/config", "/jobmanager/config", "/jobmanager/environment", "/taskmanagers"):
        yield json.dumps(flink.rest.get(path))
    for job in flink.jobs():
        for path in ("", "/config", "/exceptions", "/plan", "/checkpoints"):
            yield json.dumps(flink.rest.get("/jobs", job.id + path))


def _contents(files: list[Path]) -> Iterator[tuple[str, str]]:
    for file in files:
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                for name in archive.namelist():
                    yield f"{file}!{name}", archive.read(name).decode(errors="replace")
        elif not os.path.islink(file):
            yield str(file), file.read_bytes().decode(errors="replace")
