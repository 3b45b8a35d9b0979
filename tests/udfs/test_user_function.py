"""The wrappers of a user's function. tests/jobs/test_map.py runs them in Flink's Python workers."""

from __future__ import annotations

import math
import pickle
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from penstock.connectors.config.types import parse
from penstock.udfs.result_types import Wanted
from penstock.udfs.user_function import FunctionFailed, Kept, KeptPandas, Pandas, Scalar, resolve

MODULE = """
import pandas as pd

number = 5

def half(a):
    return a // 2 if a is not None else None

def wrong(a):
    return "x"

def fails(a, b):
    raise KeyError(a)

def picky(a):
    if (a == 13).any():
        raise ValueError("thirteen")
    return a + 1

def short(a):
    return a.iloc[:0]

def a_list(a):
    return [1]

def texts(a):
    return pd.Series([str(x) if x == 2 else x for x in a], dtype=object)

def only_batches(a):
    if len(a) > 1:
        raise ValueError("too many")
    return a
"""


@pytest.fixture(autouse=True)
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "wrapped_functions.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "wrapped_functions", raising=False)


def scalar(name: str, *columns: str, result: str = "int") -> Scalar:
    return Scalar(f"wrapped_functions.{name}", columns, Wanted.like(parse(result)), plain=True)


def pandas(name: str, result: str = "bigint") -> Pandas:
    return Pandas(f"wrapped_functions.{name}", ("a",), Wanted.like(parse(result)))


def message(function: Scalar, *values: Any) -> str:
    with pytest.raises(FunctionFailed) as caught:
        function(*values)
    return str(caught.value)


def test_a_function_is_found_by_its_dotted_name() -> None:
    assert resolve("math.sqrt") is math.sqrt
    assert resolve("os.path.join") is __import__("os").path.join


@pytest.mark.parametrize(
    ("dotted", "kind", "text"),
    [
        ("no_such_module.f", ImportError, "No module named 'no_such_module'"),
        ("math.no_such_function", AttributeError, "module 'math' has no attribute 'no_such_function'"),
        ("wrapped_functions.number", TypeError, "wrapped_functions.number is a int, not a function"),
    ],
)
def test_a_name_that_is_no_function_is_an_error(dotted: str, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind) as caught:
        resolve(dotted)
    assert str(caught.value) == text


def test_a_function_of_one_row_returns_its_checked_result() -> None:
    assert [scalar("half", "a")(value) for value in (7, None)] == [3, None]


def test_an_exception_of_a_function_is_reported_with_the_row_and_kept_as_the_cause() -> None:
    with pytest.raises(FunctionFailed) as caught:
        scalar("fails", "a", "b")(1, None)
    assert str(caught.value) == "wrapped_functions.fails failed: KeyError: 1; the row: {'a': 1, 'b': None}"
    assert isinstance(caught.value.__cause__, KeyError)


def test_a_result_of_another_type_is_reported_with_the_row() -> None:
    expected = "wrapped_functions.wrong returned 'x' (str), which does not fit int; the row: {'a': 1}"
    assert message(scalar("wrong", "a"), 1) == expected


def test_a_long_row_is_shortened_in_the_error() -> None:
    assert len(message(scalar("wrong", "a"), "x" * 10_000)) < 2200


def test_a_wrapper_is_pickled_by_name_without_the_function() -> None:
    used = scalar("half", "a")
    used(1)
    again = pickle.loads(pickle.dumps(used))
    assert again.__dict__ == {
        "dotted": "wrapped_functions.half", "columns": ("a",), "result": used.result, "plain": True, "_function": None
    }  # fmt: skip
    assert again(9) == 4


def test_a_function_of_a_batch_returns_its_checked_series() -> None:
    assert pandas("picky")(pd.Series([1, 2])).tolist() == [2, 3]


@pytest.mark.parametrize(
    ("name", "values", "text"),
    [
        ("picky", [1, 13, 13], "picky failed: ValueError: thirteen; the row: {'a': 13}"),
        ("only_batches", [1, 2], "failed: ValueError: too many; each row of the batch of 2 rows succeeds alone"),
        ("short", [7, 8], "short returned a Series of 0 values for a batch of 2 rows"),
        ("short", [7, 8], "it must return one Series of that length; the row: {'a': 7}"),
        ("a_list", [7], "a_list returned [1] (list) for a batch of 1 rows"),
        ("texts", [1, 2, 3], "texts returned '2' (str), which does not fit bigint; the row: {'a': 2}"),
    ],
)
def test_an_error_of_a_batch_shows_the_row_that_causes_it(name: str, values: list[int], text: str) -> None:
    assert text in message(pandas(name), pd.Series(values))


def test_a_kept_error_has_no_row_because_the_dead_letter_has_it() -> None:
    assert Kept(scalar("half", "a")).one(8) == (4, None)
    assert Kept(scalar("fails", "a", "b")).one(1, 2) == (None, "wrapped_functions.fails failed: KeyError: 1")


def test_of_a_batch_that_fails_only_the_failing_rows_have_an_error() -> None:
    found = KeptPandas(pandas("picky"))(pd.Series([1, 13, 1 << 60]))
    assert found["result"].tolist() == [2, None, (1 << 60) + 1]
    assert found["error"].tolist() == [None, "wrapped_functions.picky failed: ValueError: thirteen", None]


def test_a_batch_that_succeeds_has_no_error() -> None:
    found = KeptPandas(pandas("picky"))(pd.Series([1, 2], index=[7, 9]))
    assert (found["result"].tolist(), found["error"].tolist()) == ([2, 3], [None, None])
