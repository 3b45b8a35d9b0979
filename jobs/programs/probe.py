"""Report the versions of a cluster's Python workers: `python -m penstock.jobs.programs.probe` runs a job with one row there and prints
JSON."""

from __future__ import annotations

import json
import os
import sys


def versions() -> str:
    """Return the Python version, machine type and PyFlink version of the worker as JSON."""
    import importlib.metadata
    import platform

    return json.dumps(
        {
            "python": platform.python_version(),
            "machine": platform.machine(),
            "pyflink": importlib.metadata.version("apache-flink"),
        }
    )


def main() -> int:
    """Run the job and print the answer. Returns the exit code."""
    from pyflink.table import DataTypes
    from pyflink.table.udf import udf

    from penstock.jobs.programs.submit import environment

    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    env = environment()
    env.create_temporary_function("penstock_versions", udf(lambda _: versions(), result_type=DataTypes.STRING()))
    with env.sql_query("SELECT penstock_versions(1)").execute().collect() as rows:
        print(next(rows)[0], file=answers)
    return 0


if __name__ == "__main__":
    sys.exit(main())
