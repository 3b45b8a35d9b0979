"""What a worker reports. tests/scripts/commands/test_doctor.py asks a real cluster."""

from __future__ import annotations

import importlib.metadata
import json
import platform

from penstock.jobs.programs.probe import versions


def test_a_worker_reports_python_machine_and_pyflink() -> None:
    assert json.loads(versions()) == {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "pyflink": importlib.metadata.version("apache-flink"),
    }
