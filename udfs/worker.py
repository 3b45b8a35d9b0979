"""Ends the Python worker that runs functions for a TaskManager when the TaskManager ends.

A TaskManager that is killed cannot end its workers, and nothing else does. They would wait forever and keep their memory.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

_EVERY = 1.0
_WORKER = "pyflink.fn_execution.beam.beam_boot"


def end_with_taskmanager() -> None:
    """In a Python worker, end this process within two seconds after its TaskManager has ended. Does nothing in any other process.

    Flink starts a shell, and the shell starts Python. The shell's parent is the TaskManager; when that ends, the system assigns another.
    """
    main = getattr(sys.modules.get("__main__"), "__spec__", None)
    if not main or main.name != _WORKER:
        return
    shell = os.getppid()
    taskmanager = _parent(shell)
    threading.Thread(target=_watch, args=(shell, taskmanager), name="penstock-watch", daemon=True).start()


def _watch(shell: int, taskmanager: int | None) -> None:
    while os.getppid() == shell and _parent(shell) == taskmanager:
        time.sleep(_EVERY)
    os._exit(1)


def _parent(process: int) -> int | None:
    """The id of a process's parent, or None if the process does not exist."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
        return int(stat.rpartition(")")[2].split()[1])
    except OSError:
        if Path("/proc/self").exists():
            return None
    done = subprocess.run(["ps", "-o", "ppid=", "-p", str(process)], capture_output=True, text=True, check=False)
    return int(done.stdout) if done.stdout.strip() else None
