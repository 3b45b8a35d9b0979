"""A Python worker ends when its TaskManager is killed."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psutil

from penstock.udfs.worker import end_with_taskmanager

ROOT = Path(__file__).parents[2]
# Flink starts a shell, and the shell starts the worker.
WORKER = "import os; from penstock.udfs import worker; worker._watch(os.getppid(), worker._parent(os.getppid()))"
TASKMANAGER = """
import subprocess, sys
subprocess.run(["bash", "-c", f"{sys.executable} -c '{sys.argv[1]}' | cat"])
"""


def _workers(of: psutil.Process) -> list[psutil.Process]:
    return [child for child in of.children(recursive=True) if WORKER in child.cmdline()]


def test_the_worker_ends_when_its_taskmanager_is_killed() -> None:
    taskmanager = subprocess.Popen([sys.executable, "-c", TASKMANAGER, WORKER], cwd=ROOT)
    try:
        until = time.monotonic() + 20
        while not (found := _workers(psutil.Process(taskmanager.pid))) and time.monotonic() < until:
            time.sleep(0.05)
        [worker] = found
        time.sleep(2)
        assert worker.is_running(), "the worker must not end before its TaskManager"
    finally:
        taskmanager.kill()
        taskmanager.wait()
    gone, alive = psutil.wait_procs([worker], timeout=10)
    for process in alive:
        process.kill()
    assert gone


def test_a_process_that_is_not_a_worker_starts_no_watcher() -> None:
    import threading

    before = threading.active_count()
    end_with_taskmanager()
    assert threading.active_count() == before
