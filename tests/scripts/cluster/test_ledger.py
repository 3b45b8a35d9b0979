from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cli import ROOT

from penstock.connectors.base.problems import RunError
from penstock.scripts.cluster.ledger import Ledger

KNOWN: dict[str, Any] = {
    "name": "j", "config_hash": "c", "code_hash": "d", "versions": {"flink": "2.3.0"}, "operators": [{"uid": 1}], "job_id": "a",
}  # fmt: skip


def test_what_is_written_is_read(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    first = ledger.add("submit", "t", "p.zip", KNOWN)
    ledger.update(first, state="running")
    ledger.add("upgrade", "t", "p.zip", {**KNOWN, "job_id": "b"})
    assert [(one.action, one.state, one.job_id) for one in ledger.deploys("j")] == [
        ("upgrade", "submitting", "b"),
        ("submit", "running", "a"),
    ]
    last = ledger.last("j", "t")
    assert last
    assert (last.id, last.versions, last.operators) == (first, {"flink": "2.3.0"}, [{"uid": 1}])
    assert ledger.last("j", "elsewhere") is None


def test_an_operation_stands_until_it_is_ended(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.begin("j", "t", "upgrade", "stopping", job_id="a")
    ledger.begin("j", "t", "upgrade", "submitting", job_id="b")
    operation = ledger.operation("j", "t")
    assert operation
    assert (operation.kind, operation.step, operation.data) == ("upgrade", "submitting", {"job_id": "b"})
    ledger.end("j", "t")
    assert ledger.operation("j", "t") is None


def test_a_lock_lasts_as_long_as_any_process_that_inherited_it(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    with ledger.locked("j", "t") as descriptor:
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=[descriptor])
        with pytest.raises(RunError, match=f"j: process {os.getpid()} .* is at work on it"), ledger.locked("j", "t"):
            pass
        with ledger.locked("other", "t"):
            pass
    with pytest.raises(RunError, match="is at work on it"), ledger.locked("j", "t"):
        pass
    child.communicate(b"\n")
    with ledger.locked("j", "t"):
        pass


def test_a_file_that_is_no_ledger_is_said(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").write_text("this is not a database, and long enough to be looked at as one" * 20)
    with pytest.raises(RunError, match="cannot be read: file is not a database"):
        Ledger(tmp_path).deploys()
    with pytest.raises(RunError, match="cannot be written"), Ledger(tmp_path).locked("j", "t"):
        pass


def test_a_ledger_that_others_write_to_is_waited_for(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.end("j", "t")
    script = "import sqlite3, sys, time; d = sqlite3.connect(sys.argv[1], isolation_level=None); d.execute('BEGIN IMMEDIATE'); "
    script += "print('held', flush=True); time.sleep(1); d.execute('COMMIT')"
    with subprocess.Popen([sys.executable, "-c", script, ledger.file], stdout=subprocess.PIPE, cwd=ROOT) as holder:
        assert holder.stdout and holder.stdout.readline() == b"held\n"
        ledger.begin("j", "t", "stop", "stopping")
    assert sqlite3.connect(ledger.file).execute("SELECT count(*) FROM operations").fetchone() == (1,)
