from __future__ import annotations

import sys
from pathlib import Path

import pytest

from penstock.connectors.config.problems import ConfigError
from penstock.scripts.config.load import load
from penstock.scripts.config.user_code import check_modules, find, importable

MODULE = """
raise RuntimeError("this module must not run")
from math import sqrt as root
import os
rate = None
class Convert: ...
def convert(a): ...
"""


def checked(folder: Path, function: str) -> None:
    file = folder / "job.yaml"
    file.write_text(
        "name: x\nsource: {values: {columns: {a: int}, rows: []}}\nsink: {console: {}}\n"
        f"job: {{map: {{function: {function}, of: a, to: b, type: int}}}}\n"
    )
    check_modules(load(file, environ={}), [folder])


def error(folder: Path, function: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        checked(folder, function)
    return caught.value


@pytest.mark.parametrize("name", ["convert", "Convert", "rate", "root", "os"])
def test_a_name_that_the_module_defines_is_found_without_running_it(tmp_path: Path, name: str) -> None:
    (tmp_path / "rates.py").write_text(MODULE)
    checked(tmp_path, f"rates.{name}")


NESTED = """
import sys
if sys.version_info >= (3, 11):
    def below_if(a): ...
else:
    def below_else(a): ...
try:
    from fast import below_try
except ImportError:
    def below_except(a): ...
finally:
    below_finally: object = None
with open("x") as f:
    first, (second, *third) = f
async def coroutine(a):
    def inner(b): ...
"""


def test_a_name_below_a_condition_is_found_and_one_inside_a_function_is_not(tmp_path: Path) -> None:
    (tmp_path / "rates.py").write_text(NESTED)
    for name in (
        "below_if",
        "below_else",
        "below_try",
        "below_except",
        "below_finally",
        "second",
        "third",
        "coroutine",
    ):
        checked(tmp_path, f"rates.{name}")
    assert error(tmp_path, "rates.inner").found == f'no "inner" in {tmp_path}/rates.py'
    (tmp_path / "rates.py").write_text("from math import *\n")
    checked(tmp_path, "rates.sqrt")


def test_a_module_that_does_not_exist_is_an_error_at_its_place_in_the_job_file(tmp_path: Path) -> None:
    (tmp_path / "rates.py").write_text(MODULE)
    found = error(tmp_path, "ratse.convert")
    assert (found.head, found.found) == ("job.map.function", 'no module "ratse"')
    assert (found.allowed, found.do) == (f"a module in {tmp_path}", 'did you mean "rates"?')
    assert found.where == f"{tmp_path}/job.yaml:4:23"
    assert error(tmp_path, "own.zzzz.convert").do == "put own/zzzz.py into the job file's folder"


def test_a_function_that_the_module_lacks_is_an_error_with_the_names_that_it_has(tmp_path: Path) -> None:
    (tmp_path / "rates.py").write_text(MODULE)
    found = error(tmp_path, "rates.konvert")
    assert (found.found, found.do) == (f'no "konvert" in {tmp_path}/rates.py', 'did you mean "convert"?')
    assert found.allowed == "Convert, convert, os, rate, root"


@pytest.mark.parametrize("content", [b"def convert(:\n", b"\xff\xfe", b"a = 1\x00"])
def test_a_file_that_is_no_python_is_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "rates.py").write_bytes(content)
    found = error(tmp_path, "rates.convert")
    assert found.found.startswith(f"{tmp_path}/rates.py: ")
    assert (found.allowed, found.do) == ("a Python module without syntax errors", "correct the file")


def test_a_module_is_taken_from_the_first_folder_that_has_it(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        (folder / "own").mkdir(parents=True)
    (two / "own" / "__init__.py").touch()
    (two / "own" / "rates.py").touch()
    assert find("own", [one, two]) == two / "own" / "__init__.py"
    assert find("own.rates", [one, two]) == two / "own" / "rates.py"
    (one / "own" / "rates.py").touch()
    assert find("own.rates", [one, two]) == one / "own" / "rates.py"
    assert find("own.other", [one, two]) is None
    assert find("own", []) is None


def test_folders_come_before_others_on_the_path_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", ["/b", "/z"])
    importable([Path("/a"), Path("/b")])
    assert sys.path == ["/a", "/b", "/z"]
    importable([Path("/a")])
    assert sys.path == ["/a", "/b", "/z"]
