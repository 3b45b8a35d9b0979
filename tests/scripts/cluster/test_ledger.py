from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from cli import ROOT
from ledgers import DATA, old_ledger

from penstock.connectors.config.problems import RunError
from penstock.jobs.pipeline.operator_uids import Operator
from penstock.scripts.cluster.ledger import VERSION, Ledger
from penstock.scripts.cluster.records import (
    Action,
    AnyStep,
    Cancelling,
    Replaced,
    State,
    Step,
    Stopping,
    Submitting,
    Version,
    Versions,
    decode,
    encode,
)

JOB = Version(
    name="j", config_hash="c", code_hash="d", versions=Versions("0.1.0", "2.3.0", "3.12", {"jars/a.jar": "e"}),
    operators=(Operator(1, "sink", "sink sums"),), package="p.zip", job_id="a", from_savepoint=None,
)  # fmt: skip
STEPS = (
    Stopping("a", "t"),
    Cancelling("a"),
    Submitting("a", 1),
    Submitting("a", 2, Replaced(1, compatible=True)),
    Submitting("a", 2, Replaced(1, compatible=False)),
)


def version_of(ledger: Ledger) -> int:
    [version] = sqlite3.connect(ledger.file).execute("PRAGMA user_version").fetchone()
    return int(version)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    first = ledger.add(Action.SUBMIT, "t", JOB)
    ledger.update(first, State.RUNNING)
    ledger.add(Action.UPGRADE, "t", replace(JOB, job_id="b"))
    assert [(one.action, one.state, one.job_id) for one in ledger.deployments("j")] == [
        (Action.UPGRADE, State.SUBMITTING, "b"),
        (Action.SUBMIT, State.RUNNING, "a"),
    ]
    last = ledger.last("j", "t")
    assert last
    assert (last.id, last.versions, last.operators) == (first, JOB.versions, JOB.operators)
    assert ledger.last("j", "elsewhere") is None


def test_an_update_changes_only_what_it_names(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    number = ledger.add(Action.SUBMIT, "t", JOB)
    ledger.update(number, State.STOPPED, savepoint="file:/s", note="cancelled")
    ledger.update(number, State.FAILED)
    [found] = ledger.deployments()
    assert (found.state, found.savepoint, found.note) == (State.FAILED, "file:/s", "cancelled")


def test_an_operation_remains_until_it_is_ended(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.begin("j", "t", Action.UPGRADE, Stopping("a", "trigger"))
    ledger.begin("j", "t", Action.UPGRADE, Submitting("b", 2, Replaced(1, compatible=True)))
    operation = ledger.operation("j", "t")
    assert operation
    assert (operation.action, operation.step) == (Action.UPGRADE, Submitting("b", 2, Replaced(1, compatible=True)))
    ledger.end("j", "t")
    assert ledger.operation("j", "t") is None


@pytest.mark.parametrize("step", STEPS, ids=str)
def test_each_step_is_read_as_it_was_written(step: AnyStep) -> None:
    assert decode(step.step.value, encode(step)) == step


def test_the_samples_hold_each_step() -> None:
    assert {step.step for step in STEPS} == set(Step)


def test_a_ledger_without_a_version_is_read_and_left_unchanged(tmp_path: Path) -> None:
    ledger = old_ledger(tmp_path)
    before = ledger.file.read_bytes()
    found = [deployment.as_dict() for deployment in ledger.deployments()]
    assert json.loads(json.dumps(found)) == json.loads((DATA / "history_v0.json").read_text("utf-8"))
    assert {deployment.state for deployment in ledger.deployments()} == set(State)
    operation = ledger.operation("upgrade-submitting", "session")
    assert operation
    assert (operation.action, operation.step) == (
        Action.UPGRADE,
        Submitting("2" + "0" * 31, 11, Replaced(10, compatible=True)),
    )
    assert ledger.file.read_bytes() == before


def test_the_first_write_gives_a_ledger_its_version_and_loses_nothing(tmp_path: Path) -> None:
    ledger = old_ledger(tmp_path)
    before, operation = ledger.deployments(), ledger.operation("stop-stopping", "session")
    ledger.end("upgrade-stopping", "session")
    assert version_of(ledger) == VERSION
    assert ledger.deployments() == before
    assert ledger.operation("stop-stopping", "session") == operation
    assert ledger.operation("upgrade-stopping", "session") is None


def test_a_new_ledger_has_the_current_version(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.add(Action.SUBMIT, "t", JOB)
    assert version_of(ledger) == VERSION


def test_a_ledger_of_a_newer_version_is_rejected_and_left_unchanged(tmp_path: Path) -> None:
    ledger = old_ledger(tmp_path)
    with sqlite3.connect(ledger.file) as database:
        database.execute(f"PRAGMA user_version = {VERSION + 1}")
    before = ledger.file.read_bytes()
    for use in (ledger.deployments, lambda: ledger.end("j", "t"), lambda: ledger.add(Action.SUBMIT, "t", JOB)):
        with pytest.raises(RunError, match="was written by a newer version of Penstock") as caught:
            use()
        assert caught.value.found == f"version {VERSION + 1} of the ledger"
    assert ledger.file.read_bytes() == before


def test_columns_and_keys_that_this_code_does_not_know_are_kept(tmp_path: Path) -> None:
    ledger = old_ledger(tmp_path)
    with sqlite3.connect(ledger.file) as database:
        for table in ("deploys", "operations"):
            database.execute(f"ALTER TABLE {table} ADD COLUMN more TEXT")
            database.execute(f"UPDATE {table} SET more = 'kept'")
        database.execute("UPDATE deploys SET versions = json_set(versions, '$.more', 'kept') WHERE id = 1")
    ledger.update(1, State.STOPPED, savepoint="file:/s")
    ledger.begin("stop-stopping", "session", Action.STOP, Cancelling("a"))
    database = sqlite3.connect(ledger.file)
    row = database.execute("SELECT more, json_extract(versions, '$.more'), state FROM deploys WHERE id = 1").fetchone()
    assert row == ("kept", "kept", "stopped")
    row = database.execute("SELECT more, step FROM operations WHERE name = 'stop-stopping'").fetchone()
    assert row == ("kept", "cancelling")


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        ("UPDATE deploys SET state = 'odd' WHERE id = 3", "its entry 3"),
        ("UPDATE deploys SET operators = '[{}]' WHERE id = 3", "its entry 3"),
        ("UPDATE operations SET step = 'odd'", "the operation on stop-stopping"),
        ("UPDATE operations SET data = '{}'", "the operation on stop-stopping"),
        ("UPDATE operations SET data = 'odd'", "the operation on stop-stopping"),
    ],
)
def test_a_damaged_entry_is_an_error_that_names_it(tmp_path: Path, damage: str, what: str) -> None:
    ledger = old_ledger(tmp_path)
    with sqlite3.connect(ledger.file) as database:
        database.execute(damage)
    with pytest.raises(RunError, match=f"cannot be read: {what}"):
        (ledger.deployments(), ledger.operation("stop-stopping", "session"))


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


def test_a_file_that_is_not_a_ledger_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").write_text("this is not a database, and long enough to be looked at as one" * 20)
    with pytest.raises(RunError, match="cannot be read: file is not a database"):
        Ledger(tmp_path).deployments()
    with pytest.raises(RunError, match="cannot be written"), Ledger(tmp_path).locked("j", "t"):
        pass


def test_an_empty_file_is_an_empty_ledger(tmp_path: Path) -> None:
    """What is left when the first command was killed while it created the file."""
    (tmp_path / "ledger.sqlite").touch()
    ledger = Ledger(tmp_path)
    assert ledger.deployments() == []
    ledger.add(Action.SUBMIT, "t", JOB)
    assert len(ledger.deployments()) == 1


def test_a_write_waits_for_another_process_that_writes(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.end("j", "t")
    script = "import sqlite3, sys, time; d = sqlite3.connect(sys.argv[1], isolation_level=None); d.execute('BEGIN IMMEDIATE'); "
    script += "print('held', flush=True); time.sleep(1); d.execute('COMMIT')"
    with subprocess.Popen([sys.executable, "-c", script, ledger.file], stdout=subprocess.PIPE, cwd=ROOT) as holder:
        assert holder.stdout and holder.stdout.readline() == b"held\n"
        ledger.begin("j", "t", Action.STOP, Stopping("a", "t"))
    assert sqlite3.connect(ledger.file).execute("SELECT count(*) FROM operations").fetchone() == (1,)


def test_the_names_are_those_of_every_deployed_job_once(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    assert ledger.names() == []
    for name in ("b", "a", "b"):
        ledger.add(Action.SUBMIT, "t", replace(JOB, name=name))
    assert ledger.names() == ["a", "b"]
