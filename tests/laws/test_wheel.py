"""The wheel contains every file that the command needs, and installs one top-level package only."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("connectors", "jobs", "scripts", "udfs")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel of this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    leave_out = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in (*PACKAGES, "penstock", "conf"):
        shutil.copytree(ROOT / name, folder / "tree" / name, symlinks=True, ignore=leave_out)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / "tree")
    built = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", "."]
    subprocess.run([*built, "./tree"], cwd=folder, check=True, timeout=120)
    [built_wheel] = folder.glob("*.whl")
    return built_wheel


@pytest.fixture(scope="module")
def command(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into an environment of its own, which can import the dependencies but not this tree; return its `penstock`."""
    home = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True, timeout=60)
    packages = home / f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
    # Python adds a folder that a .pth file names to sys.path, but does not read the .pth files in it. One of those names this tree.
    (packages / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    install = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(home),
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        str(wheel),
    ]
    subprocess.run(install, check=True, timeout=120)
    return home / "bin" / "penstock"


def test_the_wheel_contains_every_file_that_is_read_at_run_time(wheel: Path) -> None:
    data = [
        file.relative_to(ROOT)
        for package in PACKAGES
        for file in (ROOT / package).rglob("*")
        if file.suffix in (".json", ".java", ".txt", ".py")
    ]
    targets = [f"scripts/targets/shipped/{file.name}" for file in (ROOT / "conf" / "targets").iterdir()]
    assert targets
    wanted = {f"penstock/{name}" for name in (*map(str, data), *targets)} - {"penstock/scripts/setup_size.json"}
    assert sorted(wanted - set(zipfile.ZipFile(wheel).namelist())) == []


def test_the_wheel_installs_one_package(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert sorted(top for top in tops if not top.endswith(".dist-info")) == ["penstock"]


def test_the_installed_command_works_in_a_project_with_folders_named_like_ours(command: Path, tmp_path: Path) -> None:
    for package in PACKAGES:
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text(f'raise RuntimeError("{package} of the user was imported")\n')
    (tmp_path / "udfs" / "__init__.py").write_text("")
    (tmp_path / "udfs" / "shout.py").write_text("def shout(text: str) -> str:\n    return text + '!'\n")
    assert "first.yaml" in output(command, tmp_path, "init", "first")
    assert output(command, tmp_path, "run", "first.yaml") == '{"id":1,"text":"APPLE"}\n{"id":3,"text":"AVOCADO"}\n'
    assert output(command, tmp_path, "test", "first.yaml").startswith("ok ")
    text = (tmp_path / "first.yaml").read_text("utf-8")
    head, tail = text.split("job:\n")
    own = "job:\n  map: {function: udfs.shout.shout, of: text, to: text, type: string}\n"
    (tmp_path / "own.yaml").write_text(head + own + tail[tail.index("sink:") :], encoding="utf-8")
    assert '{"id":1,"text":"apple!"}' in output(command, tmp_path, "run", "own.yaml")
    output(command, tmp_path, "package", "own.yaml", "--to", "own.zip")
    names = set(zipfile.ZipFile(tmp_path / "own.zip").namelist())
    assert {"code/penstock/jobs/programs/submit.py", "code/penstock/__init__.py", "code/udfs/shout.py"} <= names


def test_the_installed_command_contains_the_shipped_targets(command: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [command, "status", "x", "--target", "sesion"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert 'did you mean "session"?' in done.stderr


def output(command: Path, folder: Path, *arguments: str) -> str:
    # PyFlink sets the second variable in a process that ran a Python function; a JVM that inherits it does not start.
    own = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYFLINK_GATEWAY_DISABLED")}
    done = subprocess.run([command, *arguments], cwd=folder, env=own, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
