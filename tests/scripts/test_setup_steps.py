from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from penstock.scripts.setup_progress import Pip
from penstock.scripts.setup_steps import Expected, SetupError, check_disk, explain

ROOT = Path(__file__).parents[2]
FILES = (
    *(
        f"scripts/{name}"
        for name in ("__init__.py", "run", "setup", "setup_steps.py", "setup_progress.py", "setup_size.json")
    ),
    *(f"connectors/{name}" for name in ("__init__.py", "config/__init__.py", "config/terminals.py")),
)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone without a set-up: the files that set-up reads."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "penstock", tmp_path / "penstock", symlinks=True)
    for name in ("requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def environ(clone: Path, port: int) -> dict[str, str]:
    """Return an environment with this package index only, and with an empty cache."""
    own = {
        name: value for name, value in os.environ.items() if not name.startswith("PIP_") and "proxy" not in name.lower()
    }
    own.pop("PYTHONPATH", None)
    return {
        **own,
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": f"http://127.0.0.1:{port}/simple",
        "PIP_CACHE_DIR": f"{clone}/cache",
    }


def test_without_a_network_the_error_says_what_failed_and_what_to_do(clone: Path) -> None:
    done = subprocess.run(
        ["sh", "scripts/run", "job.yaml"], cwd=clone, env=environ(clone, 9), capture_output=True, text=True, timeout=600
    )
    lines = [line for line in done.stderr.splitlines() if not re.match(r"  \d+:\d\d ", line)]
    assert (done.returncode, lines[0]) == (1, "first run: setting up once, which takes some minutes")
    assert [line.split(" ")[0] for line in lines[1:3]] == ["[1/4]", "[2/4]"]
    assert " to download, " in lines[2]
    assert lines[3:] == [
        "pip could not download the packages: no network, or the package index is blocked",
        "  found    http://127.0.0.1:9/simple: Failed to establish a new connection: [Errno 111] Connection refused",
        "  do       connect to a network and run again; behind a proxy set HTTPS_PROXY and PIP_CERT, for another index PIP_INDEX_URL;",
        "           without a network set PIP_NO_INDEX=1 and PIP_FIND_LINKS=<folder with wheel and the packages of requirements.lock>",
        f"  log      {clone}/.venv.log",
    ]
    assert "Connection refused" in (clone / ".venv.log").read_text("utf-8")


def test_an_interrupted_setup_says_so_and_starts_again(clone: Path, silent_port: int) -> None:
    with setup(clone, silent_port) as running:
        assert running.stderr
        assert running.stderr.readline() == "first run: setting up once, which takes some minutes\n"
        while not running.stderr.readline().startswith("[2/4]"):
            assert running.poll() is None
        os.killpg(running.pid, signal.SIGINT)
        assert running.stderr.read().endswith("set-up interrupted: the next call starts it again\n")
        assert running.wait() in (130, -signal.SIGINT)  # the shell itself may end by the signal
    assert not (clone / ".venv" / ".penstock").exists()
    with setup(clone, silent_port) as running:
        assert running.stderr
        assert running.stderr.readline() == "an earlier set-up did not finish: starting it again\n"
        os.killpg(running.pid, signal.SIGINT)


def test_a_second_setup_of_the_same_folder_waits_for_the_first(clone: Path, silent_port: int) -> None:
    with (clone / ".venv.log").open("ab") as log:
        fcntl.flock(log, fcntl.LOCK_EX)
        with setup(clone, silent_port) as second:
            assert second.stderr
            assert second.stderr.readline() == "another set-up of this folder is running: waiting for it\n"
            assert not (clone / ".venv").exists()
            fcntl.flock(log, fcntl.LOCK_UN)
            assert second.stderr.readline() == "first run: setting up once, which takes some minutes\n"
            os.killpg(second.pid, signal.SIGINT)


def setup(clone: Path, port: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        ["sh", "scripts/run", "job.yaml"],
        cwd=clone,
        env=environ(clone, port),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_too_little_free_disk_is_an_error_with_the_required_size(tmp_path: Path) -> None:
    check_disk(2_000, 2_000, tmp_path)
    with pytest.raises(SetupError) as caught:
        check_disk(900_000_000, 1_700_000_000, tmp_path)
    assert str(caught.value).splitlines() == [
        "not enough free disk for set-up",
        f"  found    900 MB free at {tmp_path}",
        "  allowed  at least about 1.7 GB: the packages and, during the installation, their downloads",
        "  do       free disk space, or clone the project onto a larger disk",
    ]


@pytest.mark.parametrize(
    ("output", "head"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "the disk is full"),
        (
            "ERROR: No matching distribution found for first==1.0",
            "the package index does not have a package of requirements.lock",
        ),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES"),
    ],
)
def test_each_failure_of_pip_has_its_own_message(tmp_path: Path, output: str, head: str) -> None:
    pip = Pip(1, 0, tmp_path, tmp_path)
    pip.feed(output)
    text = explain(pip, [output], "setup.log")
    assert text.splitlines()[0] == head
    assert text.endswith("\n  log      setup.log")


def test_the_announced_sizes_are_plausible() -> None:
    expected = Expected.read()
    assert 0 < expected.download < expected.installed < expected.needed
