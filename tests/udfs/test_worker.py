"""A worker whose TaskManager is killed ends by itself."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psutil

from penstock.udfs.worker import end_with_taskmanager

ROOT = Path(__file__).parents[2]
# A shell between the two, as Flink starts it.
WORKER = "import os; from udfs import worker; worker._watch(os.getppid(), worker._parent(os.getppid()))"
TASKMANAGER = """
import subprocess, sys
subprocess.run(["bash", "-c", f"{sys.executable} -c '{sys.argv[1]}' | cat"])
"""


def _workers(of: psutil.Process) -> list[psutil.Process]:
    return [child for child in of.children(recursive=True) if WORKER in child.cmdline()]


def test_it_ends_when_the_taskmanager_is_killed() -> None:
    taskmanager = subprocess.Popen([sys.executable, "-c", TASKMANAGER, WORKER], cwd=ROOT)
    try:
        until = time.monotonic() + 20
        while not (found := _workers(psutil.Process(taskmanager.pid))) and time.monotonic() < until:
            time.sleep(0.05)
        [worker] = found
        time.sleep(2)
        assert worker.is_running(), "it must not end before its TaskManager does"
    finally:
        taskmanager.kill()
        taskmanager.wait()
    gone, alive = psutil.wait_procs([worker], timeout=10)
    for process in alive:
        process.kill()
    assert gone


def test_elsewhere_nothing_is_watched() -> None:
    import threading

    before = threading.active_count()
    end_with_taskmanager()
    assert threading.active_count() == before
