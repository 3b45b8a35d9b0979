"""The Python worker that runs functions beside a TaskManager: it must not outlive it.

A TaskManager that is killed cannot end its workers, and nothing else does: they would wait for it for ever, with all they hold.
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
    """In a worker: end this process a second or two after the TaskManager that started it is gone. Elsewhere: nothing.

    Flink starts a shell, the shell starts Python: the shell's parent is the TaskManager, until the system gives it another.
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
    """The parent's id, or None when there is no such process."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
        return int(stat.rpartition(")")[2].split()[1])
    except OSError:
        if Path("/proc/self").exists():
            return None
    asked = subprocess.run(["ps", "-o", "ppid=", "-p", str(process)], capture_output=True, text=True, check=False)
    return int(asked.stdout) if asked.stdout.strip() else None
