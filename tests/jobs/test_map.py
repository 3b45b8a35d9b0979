from __future__ import annotations

import math
import pickle
import sys
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from equivalence import EVENT_TIME, assert_same, pipeline

from penstock.connectors.config.problems import RunError
from penstock.scripts.local.mini_cluster import MiniCluster

MODULE = """
import pickle

import pandas as pd

def ratio(a, b):
    return None if a is None or b is None else a / b

def doubled(a: pd.Series) -> pd.Series:
    return a * 2

def short(a: pd.Series) -> pd.Series:
    return a.iloc[:0]

def picky(a: pd.Series) -> pd.Series:
    with open(__file__ + ".calls", "a") as calls:
        calls.write(f"{len(a)}\\n")
    if (a == 13).any():
        raise ValueError("thirteen")
    return a + 1

def text_of(a):
    return str(a) if a is not None and a > 5 else a

def texts_of(a: pd.Series) -> pd.Series:
    return pd.Series([text_of(x) for x in a], dtype=object)

def nothing(a):
    return None

def values():
    with open(__file__ + ".values", "rb") as file:
        return pickle.load(file)
"""
COLUMNS = {"a": "double", "b": "double"}


@pytest.fixture(autouse=True)
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_functions.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    sys.modules.pop("own_functions", None)


def own(name: str, of: list[str], kind: str = "scalar", type: str = "double", **more: Any) -> dict[str, object]:
    return {"map": {"function": f"own_functions.{name}", "of": of, "to": "r", "type": type, "kind": kind, **more}}


def test_a_user_scalar_function_equals_the_reference(cluster: MiniCluster) -> None:
    rows: list[dict[str, Any]] = [{"a": 1.0, "b": 2.0}, {"a": None, "b": 1.0}, {"a": 3.0, "b": 4.0}]
    assert [row["r"] for row in assert_same(cluster, pipeline(own("ratio", ["a", "b"]), COLUMNS, rows)).rows] == [
        0.5,
        None,
        0.75,
    ]


def test_a_user_pandas_function_equals_the_reference(cluster: MiniCluster) -> None:
    rows = [{"a": float(n), "b": 0.0} for n in range(100)]
    assert_same(cluster, pipeline(own("doubled", ["a"], "pandas"), COLUMNS, rows))


def test_a_failing_function_is_reported_with_its_traceback_and_the_row(cluster: MiniCluster) -> None:
    made = pipeline(own("ratio", ["a", "b"]), COLUMNS, [{"a": 7.0, "b": 0.0}])
    with pytest.raises(RunError) as caught:
        cluster.run(made)
    text = str(caught.value)
    assert text.startswith(
        "a Python function failed: own_functions.ratio failed: ZeroDivisionError: float division by zero"
    )
    assert "the row: {'a': 7.0, 'b': 0.0}" in text
    assert 'own_functions.py", line 7, in ratio' in text


def test_a_pandas_function_that_returns_too_few_rows_fails_the_job(cluster: MiniCluster) -> None:
    made = pipeline(own("short", ["a"], "pandas"), COLUMNS, [{"a": 7.0, "b": 0.0}])
    with pytest.raises(RunError, match="returned a Series of 0 values for a batch of 1 rows"):
        cluster.run(made)


def test_a_row_for_which_a_function_fails_goes_to_the_dead_letter_queue(cluster: MiniCluster) -> None:
    rows: list[dict[str, Any]] = [
        {"a": 1.0, "b": 2.0},
        {"a": 7.0, "b": 0.0},
        {"a": None, "b": 0.0},
        {"a": 3.0, "b": 4.0},
    ]
    output = assert_same(cluster, pipeline(own("ratio", ["a", "b"], on_error="dead_letter"), COLUMNS, rows))
    assert [row["r"] for row in output.rows] == [0.5, None, 0.75]
    assert output.dead_letters == [("function", {"a": 7.0, "b": 0.0})]
    submitted = cluster.run(pipeline(own("ratio", ["a", "b"], on_error="dead_letter"), COLUMNS, rows), renumbered=True)
    assert [row["r"] for row in submitted.rows()] == [0.5, None, 0.75]


def test_only_the_failing_rows_of_a_batch_become_dead_letters_and_each_row_is_computed_once(
    cluster: MiniCluster, tmp_path: Path
) -> None:
    rows = [{"a": float(n), "b": 0.0} for n in range(20)]
    made = pipeline(own("picky", ["a"], "pandas", on_error="dead_letter"), COLUMNS, rows)
    output = assert_same(cluster, made)
    assert output.dead_letters == [("function", {"a": 13.0, "b": 0.0})]
    assert sorted(row["r"] for row in output.rows) == [float(n + 1) for n in range(20) if n != 13]
    (tmp_path / "own_functions.py.calls").unlink()
    cluster.run(pipeline(own("picky", ["a"], "pandas", on_error="dead_letter"), COLUMNS, rows[:10]))
    calls = [int(line) for line in (tmp_path / "own_functions.py.calls").read_text().splitlines()]
    assert sum(calls) == 10


def test_on_error_with_a_library_function_is_an_error() -> None:
    with pytest.raises(ValueError, match="on_error for the library function upper"):
        pipeline({"map": {"function": "upper", "of": "a", "to": "r", "on_error": "dead_letter"}}, {"a": "string"}, [])


@pytest.mark.parametrize(("name", "kind"), [("text_of", "scalar"), ("texts_of", "pandas")])
def test_a_result_of_a_wrong_type_fails_with_the_function_the_row_and_both_types(
    cluster: MiniCluster, name: str, kind: str
) -> None:
    made = pipeline(own(name, ["a"], kind), COLUMNS, [{"a": 1.0, "b": 0.0}, {"a": 7.0, "b": 0.0}])
    with pytest.raises(RunError) as caught:
        cluster.run(made)
    assert str(caught.value).splitlines()[:-1] == [
        f"a Python function failed: own_functions.{name} returned '7.0' (str), which does not fit double; the row: {{'a': 7.0}}"
    ]


@pytest.mark.parametrize(("name", "kind"), [("text_of", "scalar"), ("texts_of", "pandas")])
def test_a_result_of_a_wrong_type_becomes_a_dead_letter(cluster: MiniCluster, name: str, kind: str) -> None:
    rows: list[dict[str, Any]] = [{"a": a, "b": 0.0} for a in (1.0, 7.0, None, 2.0, 8.0)]
    output = assert_same(cluster, pipeline(own(name, ["a"], kind, on_error="dead_letter"), COLUMNS, rows))
    assert [row["r"] for row in output.rows] == [1.0, None, 2.0]
    assert output.dead_letters == [("function", {"a": 7.0, "b": 0.0}), ("function", {"a": 8.0, "b": 0.0})]


def test_none_for_a_not_null_type_is_a_failure(cluster: MiniCluster) -> None:
    job = own("nothing", ["a"], type="bigint not null")
    with pytest.raises(RunError, match=r"returned None \(NoneType\), which does not fit bigint not null; the row: "):
        cluster.run(pipeline(job, COLUMNS, [{"a": 1.0, "b": 0.0}]))
    kept = own("nothing", ["a"], type="bigint not null", on_error="dead_letter")
    assert len(assert_same(cluster, pipeline(kept, COLUMNS, [{"a": 1.0, "b": 0.0}])).dead_letters) == 1


# For each type, values that the type accepts, including values that it truncates.
_AT = datetime(2026, 1, 31, 12, 0, 0, 123456)
_EAST = datetime(2026, 1, 31, 14, 0, 0, 987654, timezone(timedelta(hours=2)))
FIT: dict[str, list[Any]] = {
    "string": ["", "é\U0001f600", None],
    "varchar(3)": ["abc", None, ""],
    "boolean": [True, False, None],
    "tinyint": [-128, 127, None],
    "smallint": [-(1 << 15), (1 << 15) - 1, None],
    "int": [-(1 << 31), (1 << 31) - 1, None],
    "bigint": [-(1 << 63), (1 << 63) - 1, (1 << 53) + 1],
    "float": [0.1, math.inf, 3],
    "double": [0.1, -math.inf, 3],
    "decimal(10, 2)": [Decimal("1.005"), 7, None],
    "decimal(38, 0)": [Decimal(10**38 - 1), -(10**38) + 1, None],
    "bytes": [b"", b"\x00\xff", bytearray(b"x")],
    "date": [date(1, 1, 1), date(9999, 12, 31), None],
    "time": [time(0), time(23, 59, 59, 999999), None],
    "timestamp(0)": [_AT, datetime(1969, 12, 31, 23, 59, 59), None],
    "timestamp(3)": [_AT, datetime(2100, 1, 1), None],
    "timestamp(6)": [_AT, datetime(2100, 1, 1), None],
    "timestamp_ltz(3)": [_EAST, None, _EAST],
    "timestamp_ltz(6)": [_EAST, None, _EAST],
    "array<int>": [[], [1, None], (2, 3)],
    "array<row<a int>>": [[{"a": 1}, None], [], [(2,)]],
    "map<string, decimal(5, 1)>": [{}, {"k": Decimal("1.25"), "n": None}, {"k": 3}],
    "row<a int, b array<string>>": [{"a": 1, "b": ["x", None]}, (None, []), None],
}
_NO_PANDAS = ("array<row", "map<")  # PyFlink cannot convert these types in batches


def add_functions(tmp_path: Path, kind: str, types: list[str]) -> None:
    """Add functions `f0`, `f1`, ... that return the n-th value of each type."""
    (tmp_path / "own_functions.py.values").write_bytes(pickle.dumps(FIT))
    with (tmp_path / "own_functions.py").open("a", encoding="utf-8") as module:
        for index, text in enumerate(types):
            one = f"values()[{text!r}]"
            body = f"{one}[n]" if kind == "scalar" else f"pd.Series([{one}[x] for x in n], dtype=object)"
            module.write(f"def f{index}(n):\n    return {body}\n")


def step(index: int, text: str, kind: str, **more: Any) -> dict[str, Any]:
    return {
        "map": {"function": f"own_functions.f{index}", "of": "n", "to": f"r{index}", "type": text, "kind": kind, **more}
    }


@pytest.mark.parametrize("kind", ["scalar", "pandas"])
def test_flink_equals_the_reference_for_every_result_type(cluster: MiniCluster, tmp_path: Path, kind: str) -> None:
    types = [text for text in FIT if kind == "scalar" or not text.startswith(_NO_PANDAS)]
    add_functions(tmp_path, kind, types)
    job = [step(index, text, kind) for index, text in enumerate(types)]
    assert_same(cluster, pipeline(job, {"n": "int"}, [{"n": n} for n in range(3)]))


@pytest.mark.parametrize(
    ("kind", "types"),
    [
        ("scalar", ["row<a int, b array<string>>", "timestamp_ltz(3)", "decimal(38, 0)", "float"]),
        ("pandas", ["bigint", "decimal(10, 2)", "float"]),
    ],
)
def test_flink_equals_the_reference_when_errors_become_dead_letters(
    cluster: MiniCluster, tmp_path: Path, kind: str, types: list[str]
) -> None:
    add_functions(tmp_path, kind, types)
    job = [step(index, text, kind, on_error="dead_letter") for index, text in enumerate(types)]
    assert len(assert_same(cluster, pipeline(job, {"n": "int"}, [{"n": n} for n in range(3)])).rows) == 3


@pytest.mark.parametrize("of", ["a", "r"])
def test_two_functions_whose_errors_become_dead_letters_have_their_own_results(cluster: MiniCluster, of: str) -> None:
    """Flink's planner reads the fields of one result from the other one if one operator computes both."""
    second = {**own("doubled", [of], "pandas", on_error="dead_letter")["map"], "to": "s"}  # type: ignore[dict-item]
    rows = [{"a": 1.0, "b": 2.0}, {"a": 7.0, "b": 0.0}, {"a": 3.0, "b": 4.0}]
    made = pipeline([own("ratio", ["a", "b"], on_error="dead_letter"), {"map": second}], COLUMNS, rows)
    output = assert_same(cluster, made)
    wanted = [1.0, 1.5] if of == "r" else [2.0, 6.0]
    assert [(row["r"], row["s"]) for row in output.rows] == list(zip([0.5, 0.75], wanted, strict=True))
    assert output.dead_letters == [("function", {"a": 7.0, "b": 0.0})]
    submitted = cluster.run(made, renumbered=True).rows()
    assert sorted(row["s"] for row in submitted) == wanted


def test_a_window_after_two_functions_whose_errors_become_dead_letters_has_its_event_time(cluster: MiniCluster) -> None:
    second = {**own("doubled", ["r"], "pandas", on_error="dead_letter")["map"], "to": "s"}  # type: ignore[dict-item]
    window = {"rolling_sum": {"key": "b", "value": "s", "window": {"tumble": "60 s"}}}
    job = [own("ratio", ["a", "b"], on_error="dead_letter"), {"map": second}, window]
    start = datetime(2026, 1, 31, tzinfo=timezone.utc)
    rows = [{"a": float(n), "b": 2.0, "at": start + timedelta(seconds=20 * n)} for n in range(6)]
    made = pipeline(job, {**COLUMNS, "at": "timestamp_ltz(3)"}, rows, EVENT_TIME)
    assert [row["total"] for row in assert_same(cluster, made).rows] == [3.0, 12.0]


def test_integers_stay_exact_in_a_batch_with_a_null_and_a_failing_row(cluster: MiniCluster, tmp_path: Path) -> None:
    with (tmp_path / "own_functions.py").open("a", encoding="utf-8") as module:
        module.write(
            "def big(n):\n    return pd.Series([{0: None, 1: 'x'}.get(x, (1 << 53) + x) for x in n], dtype=object)\n"
        )
    job = {
        "map": {
            "function": "own_functions.big",
            "of": "n",
            "to": "r",
            "type": "bigint",
            "kind": "pandas",
            "on_error": "dead_letter",
        }
    }
    output = assert_same(cluster, pipeline(job, {"n": "int"}, [{"n": n} for n in range(4)]))
    assert [row["r"] for row in output.rows] == [None, (1 << 53) + 2, (1 << 53) + 3]
    assert len(output.dead_letters) == 1


@pytest.mark.parametrize(
    ("type", "on_error", "allowed"),
    [
        ("map<string, int>", "fail", "a type without map"),
        ("array<timestamp_ltz(3)>", "fail", "a type without timestamp_ltz inside array"),
        ("timestamp_ltz(3)", "dead_letter", "a type without timestamp_ltz with on_error: dead_letter"),
        ("row<a int>", "dead_letter", "a type without row with on_error: dead_letter"),
    ],
)
def test_a_type_that_pyflink_cannot_convert_in_batches_is_an_error_before_the_run(
    type: str, on_error: str, allowed: str
) -> None:
    with pytest.raises(AssertionError) as caught:
        pipeline(own("doubled", ["a"], "pandas", type, on_error=on_error), COLUMNS, [])
    assert allowed in str(caught.value)
