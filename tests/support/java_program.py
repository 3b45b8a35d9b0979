"""Compile a Java program of the tests or benchmarks together with Penstock's classes, and run it on the bundled Java runtime."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from penstock.connectors.runtime.home import SMALL_PROGRAM, flink_home, java_home
from penstock.connectors.runtime.jars import jars

JAVA = java_home() / "bin" / "java"


def flink_jars() -> list[Path]:
    """The jars of Flink."""
    return sorted((flink_home() / "lib").glob("*.jar"))


def compile_java(
    sources: Path, folder: Path, libraries: Iterable[Path], *options: str
) -> subprocess.CompletedProcess[str]:
    """Compile a file, or a folder of them, with the Eclipse compiler into class files below `folder`."""
    path = os.pathsep.join(map(str, libraries))
    command: list[str | Path] = [JAVA, *SMALL_PROGRAM, "-jar", jars(["ecj"])[0], "-17", "-proc:none", *options]
    command += ["-cp", path, "-d", folder, sources]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def run_java(
    program: Path, *arguments: str, timeout: float = 300, libraries: Iterable[Path] = ()
) -> subprocess.CompletedProcess[str]:
    """Run the `main` method of a class with Penstock's and Flink's classes, or with these libraries instead.

    A class in the package `penstock` has access to the classes of that package.
    """
    used = [*libraries] or [*flink_jars(), *jars(["penstock"])]
    package = re.search(r"^package (\w+);", program.read_text("utf-8"), re.MULTILINE)
    name = f"{package[1]}.{program.stem}" if package else program.stem
    with tempfile.TemporaryDirectory(prefix="penstock-") as classes:
        compiled = compile_java(program, Path(classes), used, "-nowarn")
        if compiled.returncode:
            return compiled
        command: list[str | Path] = [JAVA, "-cp", os.pathsep.join([classes, *map(str, used)]), name, *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
