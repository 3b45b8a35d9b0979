"""Compile a Java program of the tests or benchmarks together with Penstock's classes, and run it on the bundled Java runtime."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from penstock.connectors.runtime.home import flink_home, java_home
from penstock.connectors.runtime.jars import jars


def run_java(program: Path, *arguments: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
    """Run the `main` method of a class in the package `penstock`, which has access to the classes of that package."""
    java = java_home() / "bin" / "java"
    libraries = os.pathsep.join(map(str, [*sorted((flink_home() / "lib").glob("*.jar")), *jars(["penstock"])]))
    with tempfile.TemporaryDirectory(prefix="penstock-") as classes:
        compiler: list[str | Path] = [java, "-jar", jars(["ecj"])[0], "-17", "-proc:none", "-nowarn", "-cp", libraries]
        subprocess.run([*compiler, "-d", classes, program], check=True, timeout=120)
        command: list[str | Path] = [
            java,
            "-cp",
            os.pathsep.join([classes, libraries]),
            f"penstock.{program.stem}",
            *arguments,
        ]
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
