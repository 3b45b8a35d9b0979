from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli import ROOT

from penstock.scripts.jvm.function_server import interpreter

# In a process of its own: gRPC warns in each process that forks after it has started.
SERVER = """
import psutil
from penstock.scripts.jvm import function_server
from pyflink.fn_execution.beam.beam_worker_pool_service import BeamFnLoopbackWorkerPoolServicer
function_server.keep_local()
host, _, port = BeamFnLoopbackWorkerPoolServicer().start().partition(":")
listening = {c.laddr.port: c.laddr.ip.removeprefix("::ffff:") for c in psutil.Process().net_connections("tcp") if c.status == "LISTEN"}
print(host, listening == {int(port): "127.0.0.1"})
"""


def test_the_server_for_functions_is_reachable_from_this_machine_only() -> None:
    done = subprocess.run([sys.executable, "-c", SERVER], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "127.0.0.1 True\n"


def test_the_interpreter_of_a_local_run_is_this_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_CACHE", str(tmp_path / "it's a cache"))
    assert interpreter() != sys.executable
    code = "import sys; print(sys.executable, sys.argv[1:])"
    done = subprocess.run([interpreter(), "-c", code, "a b", "'"], capture_output=True, text=True, check=True)
    assert done.stdout == f"{sys.executable} ['a b', \"'\"]\n"


def test_without_a_cache_that_runs_programs_pyflink_starts_python_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENSTOCK_CACHE", str(tmp_path))
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert interpreter() == sys.executable
