from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil

from penstock.scripts.stack.processes import spawn


def test_stop_ends_a_process_and_all_processes_that_it_started(tmp_path: Path) -> None:
    log = tmp_path / "log"
    program = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; print(1, flush=True); time.sleep(300)'])"
    process = spawn([sys.executable, "-c", program], log, os.environ, tmp_path)
    while "1" not in log.read_text():
        assert process.alive
    [child] = psutil.Process(process.pid).children()
    assert process.stop(patience=5)
    assert not process.alive
    assert not child.is_running()
    assert not process.stop()


def test_another_process_with_the_same_id_is_not_stopped(tmp_path: Path) -> None:
    process = spawn([sys.executable, "-c", "import time; time.sleep(300)"], tmp_path / "log", os.environ, tmp_path)
    earlier = replace(process, started=process.started - 60)
    assert not earlier.alive
    assert not earlier.stop()
    assert process.alive
    assert process.stop()


def test_a_zombie_does_not_count_as_running(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    psutil.wait_procs([psutil.Process(ended.pid)], timeout=0)
    while psutil.Process(ended.pid).status() != psutil.STATUS_ZOMBIE:
        pass
    process = spawn([sys.executable, "-c", ""], tmp_path / "log", os.environ, tmp_path)
    assert not replace(process, pid=ended.pid, started=psutil.Process(ended.pid).create_time()).alive
    ended.wait()
