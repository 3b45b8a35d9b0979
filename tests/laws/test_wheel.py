"""What `pip install` puts onto a machine is all that the command needs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("connectors", "jobs", "scripts", "udfs")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the wheel of this tree unpacks to."""
    folder = tmp_path_factory.mktemp("wheel")
    leave_out = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in (*ROOMS, "conf"):
        shutil.copytree(ROOT / name, folder / "tree" / name, symlinks=True, ignore=leave_out)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / "tree")
    built = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", "."]
    subprocess.run([*built, "./tree"], cwd=folder, check=True, timeout=120)
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "installed")
    return folder / "installed"


def test_a_wheel_has_every_file_that_is_read_at_run_time(installed: Path) -> None:
    data = [
        file for room in ROOMS for file in (ROOT / room).rglob("*") if file.suffix in (".json", ".java", ".txt", ".py")
    ]
    targets = [f"scripts/targets/shipped/{file.name}" for file in (ROOT / "conf" / "targets").iterdir()]
    wanted = {*(str(file.relative_to(ROOT)) for file in data), *targets} - {
        "scripts/setup_size.json"
    }  # scripts/setup's own
    assert targets
    assert sorted(name for name in wanted if not (installed / name).is_file()) == []


def test_a_wheel_installs_our_packages_alone(installed: Path) -> None:
    assert sorted(entry.name for entry in installed.iterdir() if entry.suffix != ".dist-info") == sorted(ROOMS)


def test_an_installed_command_knows_the_targets_without_a_folder_of_its_own(installed: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from scripts.main import main; main()", "status", "x", "--target", "sesion"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(installed)}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert 'did you mean "session"?' in done.stderr
