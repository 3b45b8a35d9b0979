from __future__ import annotations

import subprocess
import sys

import pytest
from cli import ROOT, penstock

from scripts.main import _STAGES


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


@pytest.mark.parametrize("module", ["scripts.main", "scripts.commands.run"])
def test_the_command_imports_nothing_slow_before_it_needs_it(module: str) -> None:
    program = f"import sys, {module}; print([name for name in ('pydantic', 'pyflink', 'kafka', 'yaml') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
