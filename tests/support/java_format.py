"""`python tests/support/java_format.py`: format Penstock's Java with the Eclipse formatter, and print the files that it changed.

Its jars come from the jar lock and run on the bundled Java runtime. `tests/laws/test_java.py` fails for a file that it would change.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from java_program import run_java

from penstock.connectors.config.problems import RunError
from penstock.connectors.runtime.jars import jars
from penstock.connectors.runtime.java_build import MODULES

PROGRAM = Path(__file__).parent / "java" / "JavaFormat.java"
PROGRAMS = [*PROGRAM.parent.glob("*.java"), *(Path(__file__).parents[2] / "benchmarks/java").glob("*.java")]
"""The Java programs of the tests and the benchmarks."""

SOURCES = sorted(file for module in MODULES.values() for file in module.sources.rglob("*.java"))
"""The Java files of Penstock."""


def format_java(files: Iterable[Path]) -> list[Path]:
    """Format Java files in place. Returns those that changed. Raises RunError if one is not valid Java."""
    done = run_java(PROGRAM, *map(str, files), libraries=jars(["java-formatter"]))
    if done.returncode:
        raise RunError("the Java files could not be formatted", details=done.stderr.splitlines()[:5])
    return [Path(line) for line in done.stdout.splitlines()]


def main() -> None:
    """Format every Java file of the tree."""
    for file in format_java([*PROGRAMS, *SOURCES]):
        sys.stdout.write(f"{file}\n")


if __name__ == "__main__":
    main()
