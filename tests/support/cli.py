"""Run the command as a user does: in another process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import warm_jvm
from warm_process import WarmProcess

ROOT = Path(__file__).parents[2]
PENSTOCK = Path(sys.executable).with_name("penstock")
ENVIRON = dict(os.environ)  # copied before a mini-cluster of this process changes the environment
_WITH_A_JVM = {"dlq", "plan", "resume", "rollback", "run", "submit", "test", "upgrade"}
_NOT_FOR_THE_JVM = {"COLUMNS", "FLINK", "KAFKA", "NO_COLOR"}
"""Variables that the command reads itself. Any other one, such as a secret, may have to be in the environment of the JVM."""
_WARM = WarmProcess(PENSTOCK, ENVIRON)


def penstock(
    *arguments: str | Path, cwd: Path = ROOT, stdin: str | None = None, code: str = "", **environ: str
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end, with additional environment variables. The result has its output, messages and exit code.

    The modules of the command are imported already, and Flink runs in the JVM of `warm_jvm.py` unless the JVM may need one of the
    variables; `OWN_JVM="1"` is one that only says so. Use `PENSTOCK` where the start itself is tested, or the command must be stopped.
    With `code`, this Python code runs in place of the command.
    """
    words, variables = list(map(str, arguments)), {**ENVIRON, **environ}
    if _WITH_A_JVM & set(words[:2]) and environ.keys() <= _NOT_FOR_THE_JVM:
        variables |= warm_jvm.variables()
    if any(name.startswith("PYTHON") for name in environ):  # the interpreter reads these when it starts
        return subprocess.run(
            [PENSTOCK, *words], cwd=cwd, env=variables, input=stdin, capture_output=True, text=True, timeout=600, check=False
        )  # fmt: skip
    return _WARM.run(words, cwd, variables, stdin, 600, code)
