"""Our Java compiles without a warning of the Eclipse compiler, and has the layout of the rest of the tree."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from java_format import PROGRAMS, SOURCES, format_java
from java_program import compile_java, flink_jars

from penstock.connectors.runtime.jars import jars
from penstock.connectors.runtime.java_build import MODULES, JavaModule

LONGEST = 140
QUIET = (
    "allJavadoc",  # comments are prose, without tags
    "boxing",
    "emptyBlock",
    "fieldHiding",
    "localHiding",
    "nls",
    "paramAssign",
    "resource",  # Flink closes what its interfaces return
    "super",  # Flink's `open` and `copy` have no implementation to call
    "syntheticAccess",
    "unqualifiedField",
    "unused",  # parameters of Flink's interfaces; the next warnings are those of it that count
)
WARN = f"-warn:+all,-{',-'.join(QUIET)},+unusedImport,+unusedLocal,+unusedPrivate"


def compiled(sources: Path, folder: Path, *needed: str) -> subprocess.CompletedProcess[str]:
    return compile_java(sources, folder, [*flink_jars(), *jars(needed)], WARN, "-failOnWarning")


@pytest.mark.parametrize("module", MODULES.values(), ids=MODULES.keys())
def test_it_compiles_without_a_warning(module: JavaModule, tmp_path: Path) -> None:
    done = compiled(module.sources, tmp_path, *module.needs)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_warning_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "A.java").write_text("import java.util.List;\nclass A {}\n")
    done = compiled(tmp_path, tmp_path / "out")
    assert done.returncode != 0
    assert "The import java.util.List is never used" in done.stdout + done.stderr


def test_the_formatter_changes_nothing(tmp_path: Path) -> None:
    ours = [Path(shutil.copy(file, tmp_path)) for file in (*SOURCES, *PROGRAMS)]
    (tmp_path / "Ugly.java").write_text("class Ugly{\n  int [] numbers={ 1,2 };\n}\n")
    changed = [file.name for file in format_java([*ours, tmp_path / "Ugly.java"])]
    assert changed == ["Ugly.java"], "run python tests/support/java_format.py"
    assert (tmp_path / "Ugly.java").read_text() == "class Ugly {\n    int[] numbers = {1, 2};\n}\n"


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: file.name)
def test_its_layout_is_that_of_the_tree(file: Path) -> None:
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        at = f"{file.name}:{number}"
        assert "\t" not in line, f"{at}: a tab; indent by four spaces"
        assert line == line.rstrip(), f"{at}: spaces at the end of the line"
        assert len(line) <= LONGEST, f"{at}: {len(line)} characters; at most {LONGEST}"
        indent = re.match(r" *", line)
        assert indent and (len(indent[0]) % 4 == 0 or line.strip()[:1] == "*"), f"{at}: indent by four spaces"


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: file.name)
def test_its_imports_are_sorted_and_name_classes(file: Path) -> None:
    found = re.findall(r"^import (?:static )?([\w.*]+);", file.read_text("utf-8"), re.MULTILINE)
    assert found == sorted(found), f"{file.name}: sort the imports"
    assert not [name for name in found if name.endswith("*")], f"{file.name}: import each class by its name"
