"""Twelve secrets that a job refers to: none is in a log, a plan, a package, a REST answer, an argument list or an error."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml
from cli import ENVIRON, PENSTOCK

from scripts.cluster.flink import Flink
from scripts.stack.flink import FlinkCluster

CANARIES = {f"CANARY_{n}": f"tweet-{n}-{'xyzzy' * 3}" for n in range(12)}


def _secured(user: str, password: str, trust: str) -> dict[str, Any]:
    return {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "PLAIN",
        "sasl.jaas.config": "org.apache.kafka.common.security.plain.PlainLoginModule required "
        f'username="{user}" password="{password}";',
        "ssl.truststore.location": "/nowhere/trust.jks",
        "ssl.truststore.password": trust,
    }


def _job(folder: Path, kafka: str) -> Path:
    """All twelve, by the three kinds of reference; and a Python function, whose worker has the whole environment."""
    file, env = f"${{file:{folder}/secrets.properties:", "${env:CANARY_"
    made = {
        "name": "canaries",
        "source": {
            "kafka": {
                "bootstrap": kafka, "topic": "canaries", "group": "canaries", "columns": {"t": "string"},
                "properties": _secured(f"{env}0}}", f"{env}1}}", f"{env}2}}"),
            }
        },
        "job": {"map": {"function": "canary_function.same", "of": "t", "to": "u", "type": "string"}},
        "sink": [
            {"kafka": {"bootstrap": kafka, "topic": "out", "properties": _secured(f"{file}c3}}", f"{file}c4}}", f"{file}c5}}")}},
            {"kafka": {"bootstrap": kafka, "topic": "out", "properties": _secured(f"{env}6}}", f"{file}c7}}", f"{env}8}}")}},
        ],
        "dead_letters": {
            "kafka": {"bootstrap": kafka, "topic": "dead", "properties": _secured(f"{file}c9}}", f"{env}10}}", f"{file}c11}}")}
        },
    }  # fmt: skip
    (folder / "canary_function.py").write_text("def same(text):\n    return text\n")
    secrets = "".join(f"c{n}={CANARIES[f'CANARY_{n}']}\n" for n in range(12))
    (folder / "secrets.properties").write_text(secrets)
    job = folder / "job.yaml"
    job.write_text(yaml.safe_dump(made, sort_keys=False))
    return job


def test_no_secret_is_anywhere(tmp_path: Path, kafka: str, topic: Callable[..., str]) -> None:
    environ = {**ENVIRON, **CANARIES, "PENSTOCK_CACHE_LOGS": str(tmp_path)}
    said: list[str] = []

    def penstock(*arguments: str | Path) -> str:
        done = subprocess.run(
            [PENSTOCK, *map(str, arguments)], cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=170, check=False
        )  # fmt: skip
        said.append(done.stdout + done.stderr)
        return done.stdout + done.stderr

    topic("canaries")
    job = _job(tmp_path, kafka)
    up = penstock("stack", "up", "--only", "flink", "--rest-port", "18181", "--folder", tmp_path / "stack")
    assert "flink is up" in up, up
    cluster = FlinkCluster(tmp_path / "stack")
    environ["FLINK"] = str(cluster.address)
    try:
        for command in ("validate", "show", "plan", "package", "submit"):
            penstock(command, job)
        for command in ("status", "logs", "history"):
            penstock(command, "canaries")
        penstock("doctor", "--target", "session", "--job", job)
        said += _rest(Flink(str(cluster.address)))
        said.append(subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout)
    finally:
        penstock("stack", "down", "--folder", tmp_path / "stack")
    files = [f for f in tmp_path.rglob("*") if f.is_file() and f.name != "secrets.properties"]
    texts = {str(n): text for n, text in enumerate(said)} | dict(_contents(files))
    assert any("canaries" in text for text in said)
    assert any(name.endswith("taskmanager-1.log") for name in texts), sorted(texts)
    found = [(name, key) for name, text in texts.items() for key, canary in CANARIES.items() if canary in text]
    assert not found


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
