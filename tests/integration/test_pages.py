"""The how-to page of the session cluster, run as a reader would: each command in order, from an empty folder."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from cli import ENVIRON, PENSTOCK, ROOT

PAGE = ROOT / "docs/deploy/session.md"


def test_every_command_of_the_session_page_works(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    assert len(lines) > 12
    path = f"{PENSTOCK.parent}{os.pathsep}{ENVIRON['PATH']}"
    # Ports of their own, as a reader with other things running would say them.
    script = "\n".join(lines).replace("penstock stack up", "penstock stack up --port 29092 --rest-port 28081", 1)
    script = script.replace(
        "penstock topics create names\n", "export KAFKA=127.0.0.1:29092\npenstock topics create names\n", 1
    )
    script = script.replace("penstock topics tail", "sleep 6\npenstock topics tail")
    try:
        done = subprocess.run(
            ["bash", "-e", "-c", script],
            cwd=tmp_path,
            env={**ENVIRON, "PATH": path},
            capture_output=True,
            text=True,
            timeout=170,
            check=False,
        )
    finally:
        subprocess.run([PENSTOCK, "stack", "down"], cwd=tmp_path, env=ENVIRON, check=False, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '{"id":1,"name":"ADA"}\n{"id":3,"name":"ALAN"}\n{"id":7,"name":"ADELE"}\n' in done.stdout
    assert "uppercase-filter-kafka: RUNNING, healthy" in done.stdout
    assert not list(tmp_path.rglob("*.pid"))
