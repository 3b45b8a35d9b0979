from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cli import ROOT, penstock

from penstock.scripts.main import _STAGES


def test_help_for_a_command_has_two_spellings() -> None:
    for command in (["run"], ["topics", "create"], []):
        assert penstock("help", *command).stdout == penstock(*command, "--help").stdout != ""


def test_the_version_has_a_short_option() -> None:
    assert penstock("-V").stdout == penstock("--version").stdout
    assert penstock("-V").stdout.startswith("penstock ")


def test_the_help_shows_every_command_once_by_stage() -> None:
    shown = penstock("--help").stdout
    for stage, commands in _STAGES.items():
        assert f"\n{stage}:\n" in shown
        for name, text in commands.items():
            [line] = [line for line in shown.splitlines() if line.startswith(f"  {name} ")]
            assert line.endswith(text), "the help is cut off"


@pytest.mark.parametrize(
    "module", ["penstock.scripts.main", "penstock.scripts.commands.run", "penstock.scripts.cluster.ledger"]
)
def test_the_command_imports_nothing_slow_before_it_needs_it(module: str) -> None:
    program = f"import sys, {module}; print([name for name in ('pydantic', 'pyflink', 'kafka', 'yaml', 'rich') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("command", "wanted"),
    [("package", ("--output", "json")), ("plan", ("--format", "json")), ("plan", ("--format=json",))],
)
def test_a_command_that_fails_prints_its_error_as_json_where_the_result_would_be(
    command: str, wanted: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "job.yaml").write_text("name: x\nsink: {konsole: {}}\nsource: {files: {}}\njob: {}\n", encoding="utf-8")
    arguments = (command, tmp_path / "job.yaml")
    text, failed = penstock(*arguments), penstock(*arguments, *wanted)
    assert (text.returncode, text.stdout, failed.returncode) == (2, "", 2)
    assert failed.stderr == text.stderr
    found = json.loads(failed.stdout)
    assert set(found) == {"head", "found", "allowed", "do", "where", "details", "others"}
    assert text.stderr.startswith(f"{found['where']}: {found['head']}\n  found    {found['found']}\n")
    assert [f"{one['where']}: {one['head']}\n" in text.stderr for one in found["others"]] == [True] * len(
        found["others"]
    )
    assert found["others"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_command_that_is_interrupted_while_it_starts_says_so(number: signal.Signals, tmp_path: Path) -> None:
    job = tmp_path / "job.yaml"
    os.mkfifo(job)  # reading it waits, as a slow disk would
    with subprocess.Popen(
        [Path(sys.executable).with_name("penstock"), "run", job], stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as running:  # fmt: skip
        assert running.stderr is not None
        with job.open("w"):  # opened as soon as the command reads
            running.send_signal(number)
            said = running.stderr.read()
    assert (running.returncode, said.strip()) == (130, "interrupted")
