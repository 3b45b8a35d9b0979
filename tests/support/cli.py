"""Run the command as a user does: in another process, with its own JVM."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PENSTOCK = Path(sys.executable).with_name("penstock")
ENVIRON = dict(os.environ)  # copied before a mini-cluster of this process changes the environment


def penstock(
    *arguments: str | Path, cwd: Path = ROOT, stdin: str | None = None, **environ: str
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end, with additional environment variables. The result has its output, messages and exit code."""
    return subprocess.run(
        [PENSTOCK, *map(str, arguments)],
        cwd=cwd,
        env={**ENVIRON, **environ},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
