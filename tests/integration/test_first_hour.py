"""The README's first hour, on a machine where other programs have Kafka's and Flink's usual ports."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli import ENVIRON, PENSTOCK, ROOT, penstock

USUAL = (9092, 8081)


@pytest.fixture
def foreign() -> Iterator[list[socket.socket]]:
    """Listeners on the usual ports. Where another program has one already, it is taken without us."""
    with contextlib.ExitStack() as open_:
        ours = []
        for port in USUAL:
            listener = open_.enter_context(socket.socket())
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                listener.bind(("127.0.0.1", port))
                listener.listen(1000)
                listener.setblocking(False)
                ours.append(listener)
        yield ours


def _heard(listener: socket.socket) -> bytes:
    """Everything that was sent to it."""
    heard = b""
    with contextlib.suppress(BlockingIOError):
        while True:
            client, _ = listener.accept()
            with client:
                client.settimeout(5)
                heard += client.recv(1000)
    return heard


def _commands(title: str) -> str:
    """The shell commands of a section of the README."""
    section = (ROOT / "README.md").read_text("utf-8").split(f"\n## {title}\n")[1].split("\n## ")[0]
    [block] = re.findall(r"^```sh\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    return str(block)


@pytest.mark.slow
def test_the_first_hour_never_talks_to_what_has_the_usual_ports(tmp_path: Path, foreign: list[socket.socket]) -> None:
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    environ = {**ENVIRON, "KAFKA": "", "FLINK": "", "PATH": f"{PENSTOCK.parent}{os.pathsep}{ENVIRON['PATH']}"}
    script = _commands("A first hour with Kafka").replace("penstock stack down\n", "") + _commands("On a cluster")
    try:
        done = subprocess.run(
            ["bash", "-ex", "-c", script], cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=300, check=False
        )  # fmt: skip
        found = json.loads(penstock("stack", "status", "--output", "json", cwd=tmp_path).stdout)
        rows = penstock("topics", "tail", "names-upper", "--limit", "3", cwd=tmp_path, KAFKA="").stdout
    finally:
        penstock("stack", "down", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [json.loads(line)["name"] for line in rows.splitlines()] == ["ADA", "ALAN", "ADELE"]
    for listener in foreign:
        assert _heard(listener) == b""
        port = listener.getsockname()[1]
        assert not any(str(one["address"]).endswith(f":{port}") for one in found.values())
        assert f"port {port} is in use by " in done.stderr
    if len(foreign) == len(USUAL):
        assert f"KAFKA is {found['kafka']['address']}, the stack of this folder" in done.stderr
