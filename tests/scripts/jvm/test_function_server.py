from __future__ import annotations

import subprocess
import sys

from cli import ROOT

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
