from __future__ import annotations

import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from penstock.connectors.config.problems import RunError
from penstock.scripts.cluster.environment import pack_environment

KEPT = {
    "numpy/__init__.py",
    "pyflink/bin/pyflink-udf-runner.sh",
    "pyflink/__init__.py",
    "mine-1.0.dist-info/METADATA",
    "top.py",
}
LEFT_OUT = {
    "pip/__init__.py", "pytest-8.0.dist-info/METADATA", "penstock/__init__.py", "numpy/__pycache__/a.pyc",
    "numpy/tests/test_a.py", "_pytest/config.py", "0af__mypyc.so", "pyflink/lib/flink-dist.jar", "pyflink/conf/config.yaml",
}  # fmt: skip


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed packages, instead of this machine's."""
    root = tmp_path / "site-packages"
    for name in KEPT | LEFT_OUT:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"# {name}\n")
    for tool, module in (("pytest-8.0", "_pytest/config.py"), ("mypy-2.0", "0af__mypyc.so")):
        (root / f"{tool}.dist-info").mkdir(exist_ok=True)
        (root / f"{tool}.dist-info/RECORD").write_text(f"../../../bin/tool,,\n{module},sha256=1,1\n")
    paths = sysconfig.get_paths() | {"purelib": str(root)}
    monkeypatch.setattr(sysconfig, "get_paths", lambda: paths)
    return root


def test_the_archive_holds_packages_and_neither_flinks_jars_nor_tools(packages: Path, tmp_path: Path) -> None:
    file = tmp_path / "new" / "environment.zip"
    assert pack_environment(file) == file.stat().st_size > 0
    with zipfile.ZipFile(file) as archive:
        assert set(archive.namelist()) == {"bin/python", *(f"site-packages/{name}" for name in KEPT)}
        assert archive.read("site-packages/top.py") == b"# top.py\n"
        modes = {entry.filename: oct(entry.external_attr >> 16) for entry in archive.infolist()}
    assert modes["bin/python"] == modes["site-packages/pyflink/bin/pyflink-udf-runner.sh"] == "0o755"
    assert modes["site-packages/top.py"] == "0o644"


def test_the_same_packages_result_in_the_same_bytes(packages: Path, tmp_path: Path) -> None:
    pack_environment(tmp_path / "a.zip")
    (packages / "top.py").touch()
    pack_environment(tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_its_python_imports_the_packages_after_those_of_the_job(
    packages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (packages / "top.py").write_text("where = 'environment'\n")
    pack_environment(tmp_path / "environment.zip")
    with zipfile.ZipFile(tmp_path / "environment.zip") as archive:
        archive.extractall(tmp_path / "with space")
    python = tmp_path / "with space/bin/python"
    python.chmod(0o755)
    machine = tmp_path / "machine"
    machine.mkdir()
    (machine / f"python{sys.version_info[0]}.{sys.version_info[1]}").symlink_to(sys.executable)
    job = tmp_path / "job"
    job.mkdir()
    path = f"{machine}:/usr/bin:/bin"

    def where(**environ: str) -> str:
        command = [str(python), "-c", "import top; print(top.where)"]
        done = subprocess.run(command, env={"PATH": path, **environ}, capture_output=True, text=True, check=True)
        return done.stdout

    assert where() == "environment\n"
    (job / "top.py").write_text("where = 'job'\n")
    assert where(PYTHONPATH=str(job)) == "job\n"


def test_an_archive_that_cannot_be_written_is_an_error(packages: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunError) as caught:
        pack_environment(tmp_path / "file" / "environment.zip")
    assert str(caught.value) == (
        f"{tmp_path}/file/environment.zip cannot be written: File exists\n  do       choose another place"
    )
