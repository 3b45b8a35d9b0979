"""PyFlink's server for the Python functions of a local run, reachable from this machine only."""

from __future__ import annotations

import atexit
import hashlib
import os
import shlex
import sys
from pathlib import Path
from typing import Any

from penstock.connectors.runtime.home import cache_dir
from penstock.connectors.runtime.jars import writable

_INTERPRETER = """\
#!/bin/sh
# The Python of local runs: see scripts/jvm/start_worker.py of Penstock.
if [ "$1 $2" = "-m pyflink.fn_execution.beam.beam_boot" ] && [ -n "$PYTHON_LOOPBACK_SERVER_ADDRESS" ]; then
    shift 2
    exec {python} {program} "$@"
fi
exec {python} "$@"
"""


def interpreter() -> str:
    """Return the program that PyFlink starts as Python in a local run: this interpreter, behind a script that starts workers sooner."""
    program = Path(__file__).with_name("start_worker.py")
    text = _INTERPRETER.format(python=shlex.quote(sys.executable), program=shlex.quote(str(program)))
    made = cache_dir() / "python" / hashlib.sha256(text.encode()).hexdigest()[:16] / "python"
    if not made.exists():
        with writable(made.parent) as scratch:
            new = Path(scratch) / made.name
            new.write_text(text, encoding="utf-8")
            new.chmod(0o755)
            new.rename(made)
    # In a folder whose file system runs no programs, PyFlink starts its own one.
    return str(made) if os.access(made, os.X_OK) else sys.executable


def keep_local() -> None:
    """Have PyFlink start the server on the loopback address.

    PyFlink itself listens on every address of the machine, and whoever can connect to that port can have this process run code.
    """
    from pyflink.fn_execution.beam.beam_worker_pool_service import BeamFnLoopbackWorkerPoolServicer

    BeamFnLoopbackWorkerPoolServicer.start = _start


def _start(servicer: Any) -> str:
    """Start the server and return its address. Replaces `BeamFnLoopbackWorkerPoolServicer.start`."""
    from pyflink.fn_execution.beam import beam_worker_pool_service as beam

    server = beam.grpc.server(beam.thread_pool_executor.shared_unbounded_instance())
    port = server.add_insecure_port("127.0.0.1:0")
    beam.beam_fn_api_pb2_grpc.add_BeamFnExternalWorkerPoolServicer_to_server(servicer, server)
    server.start()
    atexit.register(server.stop, 1)
    return f"127.0.0.1:{port}"
