"""Write manifests for the Flink Kubernetes Operator, and send them with `kubectl`."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

from penstock.connectors.config.problems import RunError


def write(documents: list[dict[str, Any]], file: Path) -> None:
    """Write the documents as one YAML file. Raises RunError."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.safe_dump_all(documents, sort_keys=False), encoding="utf-8")
    except OSError as problem:
        raise RunError(f"{file} cannot be written: {problem.strerror}", do="choose another place with --to") from None


def send(file: Path) -> str:
    """Apply the manifest to the cluster of kubectl's current context; `APPLIED`. Raises RunError with kubectl's own error."""
    if not shutil.which("kubectl"):
        raise RunError(
            f"kubectl is not installed here; {file} was written",
            do=f"kubectl apply -f {file} on a machine with kubectl",
        )
    done = subprocess.run(
        ["kubectl", "apply", "-f", str(file)], capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode:
        raise RunError(
            f"kubectl rejected {file}: {done.stderr.strip()[-1000:]}", do="correct what kubectl names, and submit again"
        )
    return "APPLIED"
