"""PyFlink's server for the Python functions of a local run, reachable from this machine only."""

from __future__ import annotations

import atexit
from typing import Any


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
