"""Have PyFlink's server for Python functions start a worker, as `pyflink.fn_execution.beam.beam_boot` does in a local run.

PyFlink runs that program for each operator with Python functions. It imports all of Beam before it sends one message, which takes a second
of processor time. This program imports only the message.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
import types


def main() -> None:
    """Send the message. Raises RuntimeError with the server's words if it cannot start the worker."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--id", required=True)
    parser.add_argument("--provision_endpoint", required=True)
    parser.add_argument("--semi_persist_dir", default="/tmp")  # noqa: S108 - PyFlink's default
    arguments = parser.parse_known_args()[0]
    _beam_without_its_modules()
    import grpc  # type: ignore[import-untyped]
    from apache_beam.portability.api.org.apache.beam.model.fn_execution.v1 import beam_fn_api_pb2 as messages
    from apache_beam.portability.api.org.apache.beam.model.fn_execution.v1 import beam_fn_api_pb2_grpc as services
    from apache_beam.portability.api.org.apache.beam.model.pipeline.v1.endpoints_pb2 import ApiServiceDescriptor

    request = messages.StartWorkerRequest(
        worker_id=arguments.id,
        provision_endpoint=ApiServiceDescriptor(url=arguments.provision_endpoint),
        params={**os.environ, "SEMI_PERSISTENT_DIRECTORY": arguments.semi_persist_dir},
    )
    with grpc.insecure_channel(os.environ["PYTHON_LOOPBACK_SERVER_ADDRESS"]) as channel:
        response = services.BeamFnExternalWorkerPoolStub(channel).StartWorker(request)  # type: ignore[no-untyped-call]
    if response.error:
        raise RuntimeError(response.error)


def _beam_without_its_modules() -> None:
    """Make the generated messages of Beam importable without `apache_beam/__init__.py`, which imports everything else."""
    spec = importlib.util.find_spec("apache_beam")
    if spec and spec.submodule_search_locations:
        package = types.ModuleType("apache_beam")
        package.__path__ = list(spec.submodule_search_locations)
        sys.modules["apache_beam"] = package


if __name__ == "__main__":
    del sys.path[0]  # the folder of this file, whose modules are not top-level ones
    main()
