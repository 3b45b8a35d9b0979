"""Tests are found at the path of the module that they test: `scripts/flink/rest.py` has `tests/scripts/flink/test_rest.py`.

A module that can only be tested together with others, or that only declares names, has a line in a table of `tests/support/mirror/`:

    scripts/cluster/session.py: tests/scripts/targets/test_session.py (protocols without code, which mypy checks)

`wider.txt` names the tests of more than one module, in the same form: a test file, a colon, and the reason in parentheses.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TABLES = ROOT / "tests/support/mirror"
WIDER = TABLES / "wider.txt"
APART = ("integration", "faults", "laws", "support")
_MODULE = re.compile(r"([\w/]+\.py): ([\w/]+\.py(?:, [\w/]+\.py)*) \((.+)\)")
_WIDER = re.compile(r"([\w/]+\.py): \((.+)\)")


def lines(table: Path) -> list[str]:
    return [line for line in table.read_text("utf-8").splitlines() if line.strip()]


def mirrored(module: str) -> str:
    """The path of a module's test."""
    file = Path(module)
    return f"tests/{file.parent.as_posix()}/test_{file.name}"


def covering(test: str) -> tuple[str, str]:
    """The module, and the package, of which a file is the test."""
    file = Path(test).relative_to("tests")
    module = file.with_name(file.name.removeprefix("test_"))
    return module.as_posix(), module.with_suffix("").as_posix()


MODULES = sorted(
    file.relative_to(ROOT).as_posix()
    for room in ("connectors", "jobs", "scripts", "udfs")
    for file in (ROOT / room).rglob("*.py")
    if file.name != "__init__.py"
)
TESTS = sorted(
    file.relative_to(ROOT).as_posix()
    for file in (ROOT / "tests").rglob("test_*.py")
    if file.relative_to(ROOT / "tests").parts[0] not in APART
)
NAMED = [line for table in sorted(TABLES.glob("*.txt")) if table != WIDER for line in lines(table)]
IN_TABLES = {line.split(":")[0] for line in NAMED}
IN_WIDER = {line.split(":")[0] for line in lines(WIDER)}


@pytest.mark.parametrize("module", MODULES)
def test_every_module_has_its_test_at_the_same_path_or_a_line_in_a_table(module: str) -> None:
    assert (ROOT / mirrored(module)).is_file() or module in IN_TABLES, (
        f"write {mirrored(module)}; a module that only other tests can reach gets a line in tests/support/mirror"
    )


@pytest.mark.parametrize("line", NAMED)
def test_every_line_of_a_table_names_a_module_the_tests_that_reach_it_and_the_reason(line: str) -> None:
    match = _MODULE.fullmatch(line)
    assert match, "write `module: test file, test file (reason)`"
    module, tests, _ = match.groups()
    assert module in MODULES, f"{module} does not exist: remove the line"
    assert not (ROOT / mirrored(module)).exists(), f"{mirrored(module)} exists: remove the line"
    missing = [test for test in tests.split(", ") if not test.startswith("tests/") or not (ROOT / test).is_file()]
    assert not missing, f"these test files do not exist: {', '.join(missing)}"


def test_no_module_is_in_the_tables_twice() -> None:
    assert len(NAMED) == len(IN_TABLES)


@pytest.mark.parametrize("test", TESTS)
def test_every_test_file_is_at_the_path_of_a_module_or_a_package_or_says_what_it_covers(test: str) -> None:
    module, package = covering(test)
    assert (ROOT / module).is_file() or (ROOT / package).is_dir() or test in IN_WIDER, (
        f"neither {module} nor {package}/ exists: move the test, or name it in tests/support/mirror/wider.txt"
    )


@pytest.mark.parametrize("line", lines(WIDER))
def test_every_wider_test_exists_covers_no_single_module_and_has_a_reason(line: str) -> None:
    match = _WIDER.fullmatch(line)
    assert match, "write `test file: (reason)`"
    assert match[1] in TESTS, f"{match[1]} does not exist: remove the line"
    module, package = covering(match[1])
    assert not (ROOT / module).is_file(), f"it is at the path of {module}: remove the line"
    assert not (ROOT / package).is_dir(), f"it is at the path of {package}/: remove the line"


@pytest.mark.parametrize(
    "line", ["scripts/a.py", "scripts/a.py: (why)", "scripts/a.py: tests/b.py", "a: tests/b.py ()"]
)
def test_a_line_without_a_test_or_a_reason_is_not_accepted(line: str) -> None:
    assert not _MODULE.fullmatch(line)
