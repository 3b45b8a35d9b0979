from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from equivalence import assert_same, pipeline

from connectors.problems import RunError
from scripts.local.shared import SharedCluster

MODULE = """
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
"""
COLUMNS = {"a": "double", "b": "double"}


@pytest.fixture(autouse=True)
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_functions.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    sys.modules.pop("own_functions", None)


def own(name: str, of: list[str], kind: str = "scalar", **more: Any) -> dict[str, object]:
    return {"map": {"function": f"own_functions.{name}", "of": of, "to": "r", "type": "double", "kind": kind, **more}}


def test_a_scalar_function_of_ones_own(cluster: SharedCluster) -> None:
    rows: list[dict[str, Any]] = [{"a": 1.0, "b": 2.0}, {"a": None, "b": 1.0}, {"a": 3.0, "b": 4.0}]
    assert [row["r"] for row in assert_same(cluster, pipeline(own("ratio", ["a", "b"]), COLUMNS, rows)).rows] == [
        0.5,
        None,
        0.75,
    ]


def test_a_pandas_function_of_ones_own(cluster: SharedCluster) -> None:
    rows = [{"a": float(n), "b": 0.0} for n in range(100)]
    assert_same(cluster, pipeline(own("doubled", ["a"], "pandas"), COLUMNS, rows))


def test_a_failure_carries_the_traceback_and_the_row(cluster: SharedCluster) -> None:
    made = pipeline(own("ratio", ["a", "b"]), COLUMNS, [{"a": 7.0, "b": 0.0}])
    with pytest.raises(RunError) as caught:
        cluster.run(made)
    text = str(caught.value)
    assert text.startswith(
        "a Python function failed: own_functions.ratio failed: ZeroDivisionError: float division by zero"
    )
    assert "the row: {'a': 7.0, 'b': 0.0}" in text
    assert 'own_functions.py", line 5, in ratio' in text


def test_a_pandas_function_that_loses_rows_fails(cluster: SharedCluster) -> None:
    made = pipeline(own("short", ["a"], "pandas"), COLUMNS, [{"a": 7.0, "b": 0.0}])
    with pytest.raises(RunError, match="gave 0 values for a batch of 1 rows"):
        cluster.run(made)


def test_a_row_on_which_a_function_fails_becomes_a_dead_letter(cluster: SharedCluster) -> None:
    rows: list[dict[str, Any]] = [
        {"a": 1.0, "b": 2.0},
        {"a": 7.0, "b": 0.0},
        {"a": None, "b": 0.0},
        {"a": 3.0, "b": 4.0},
    ]
    given = assert_same(cluster, pipeline(own("ratio", ["a", "b"], on_error="dead_letter"), COLUMNS, rows))
    assert [row["r"] for row in given.rows] == [0.5, None, 0.75]
    assert given.letters == [("function", {"a": 7.0, "b": 0.0})]
    submitted = cluster.run(pipeline(own("ratio", ["a", "b"], on_error="dead_letter"), COLUMNS, rows), renumbered=True)
    assert [row["r"] for row in submitted.rows()] == [0.5, None, 0.75]


def test_of_a_batch_only_the_bad_rows_become_dead_letters_and_each_row_is_computed_once(
    cluster: SharedCluster, tmp_path: Path
) -> None:
    rows = [{"a": float(n), "b": 0.0} for n in range(20)]
    made = pipeline(own("picky", ["a"], "pandas", on_error="dead_letter"), COLUMNS, rows)
    given = assert_same(cluster, made)
    assert given.letters == [("function", {"a": 13.0, "b": 0.0})]
    assert sorted(row["r"] for row in given.rows) == [float(n + 1) for n in range(20) if n != 13]
    (tmp_path / "own_functions.py.calls").unlink()
    cluster.run(pipeline(own("picky", ["a"], "pandas", on_error="dead_letter"), COLUMNS, rows[:10]))
    calls = [int(line) for line in (tmp_path / "own_functions.py.calls").read_text().splitlines()]
    assert sum(calls) == 10


def test_on_error_is_for_a_function_of_ones_own() -> None:
    with pytest.raises(ValueError, match="on_error for the library's upper"):
        pipeline({"map": {"function": "upper", "of": "a", "to": "r", "on_error": "dead_letter"}}, {"a": "string"}, [])
