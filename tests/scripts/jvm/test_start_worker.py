from __future__ import annotations

import subprocess
import sys

from cli import ROOT

# In a process of its own: gRPC warns in each process that forks after it has started.
SERVER = """
import os, subprocess
from concurrent.futures import ThreadPoolExecutor
import grpc
from apache_beam.portability.api.org.apache.beam.model.fn_execution.v1 import beam_fn_api_pb2, beam_fn_api_pb2_grpc
from penstock.scripts.jvm.function_server import interpreter

class Pool(beam_fn_api_pb2_grpc.BeamFnExternalWorkerPoolServicer):
    def StartWorker(self, request, context):
        print(request.worker_id, request.provision_endpoint.url, request.params["MARK"], request.params["SEMI_PERSISTENT_DIRECTORY"])
        return beam_fn_api_pb2.StartWorkerResponse(error="no room" if request.worker_id == "2" else "")

server = grpc.server(ThreadPoolExecutor())
port = server.add_insecure_port("127.0.0.1:0")
beam_fn_api_pb2_grpc.add_BeamFnExternalWorkerPoolServicer_to_server(Pool(), server)
server.start()
environ = {**os.environ, "PYTHON_LOOPBACK_SERVER_ADDRESS": f"127.0.0.1:{port}", "MARK": "seen"}
for number in ("1", "2"):
    command = [interpreter(), "-m", "pyflink.fn_execution.beam.beam_boot", f"--id={number}", "--provision_endpoint=there:1"]
    done = subprocess.run([*command, "--semi_persist_dir=/kept", "--more=1"], env=environ, capture_output=True, text=True)
    print(done.returncode, done.stderr.strip().splitlines()[-1:])
server.stop(0)
"""


def test_a_worker_is_started_as_pyflink_does_and_an_error_is_passed_on() -> None:
    done = subprocess.run([sys.executable, "-c", SERVER], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "1 there:1 seen /kept",
        "0 []",
        "2 there:1 seen /kept",
        "1 ['RuntimeError: no room']",
    ]
