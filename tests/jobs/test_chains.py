"""Chains of two or three generated steps. A step that is correct alone can be wrong behind another one."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from equivalence import EVENT_TIME, assert_same, examples, pipeline
from hypothesis import given
from hypothesis import strategies as st
from strategies import COLUMNS, ROWS

from penstock.scripts.local.mini_cluster import MiniCluster

MODULE = """
def odd(a):
    if a is not None and a % 2 == 0:
        raise ValueError("even")
    return a

def scaled(a):
    if (a > 3).any():
        raise ValueError("too large")
    return a * 2
"""
MODEL = {"version": "1", "features": ["x"], "coefficients": [2.0], "intercept": 1.0}
NUMBERS, TEXTS = ("n", "x"), ("k", "s")

Step = dict[str, dict[str, Any]]


@pytest.fixture(scope="module", autouse=True)
def files(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("chain")
    (folder / "chain_functions.py").write_text(MODULE, encoding="utf-8")
    (folder / "model.json").write_text(json.dumps(MODEL), encoding="utf-8")
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))
    sys.modules.pop("chain_functions", None)


def _own(name: str, kind: str) -> st.SearchStrategy[Step]:
    """A Python function of a number, whose failing rows become dead letters or not at all."""
    wanted = {"function": f"chain_functions.{name}", "type": "double", "kind": kind, "on_error": "dead_letter"}
    return st.sampled_from(NUMBERS).map(lambda of: {"map": {**wanted, "of": of}})


STATELESS: st.SearchStrategy[Step] = st.one_of(
    st.builds(
        lambda column, text, when: {"uppercase_filter": {"column": column, "keep": {"not_equals": text}, "when": when}},
        st.sampled_from(TEXTS), st.sampled_from(["A", "a", "Z"]), st.sampled_from(["after", "before"]),
    ),
    st.builds(lambda name, of: {"map": {"function": name, "of": of}}, st.sampled_from(["negate", "absolute"]), st.just("x")),
    st.builds(lambda name, of: {"map": {"function": name, "of": of}}, st.sampled_from(["reverse", "length"]), st.just("s")),
    _own("odd", "scalar"),
    _own("scaled", "pandas"),
    st.sampled_from(["null", "dead_letter"]).map(lambda missing: {"regression_scoring": {"missing": missing}}),
)  # fmt: skip
DEDUP: st.SearchStrategy[Step] = st.builds(
    lambda key, by: {"dedup": {"key": key, "by": by, "ttl": "never"}},
    st.sampled_from(["k", ["k", "n"]]), st.sampled_from(["arrival", "event_time"]),
)  # fmt: skip
WINDOW: st.SearchStrategy[Step] = st.sampled_from(
    [{"tumble": "5 s"}, {"hop": {"size": "6 s", "slide": "3 s"}}, {"session": "4 s"}, {"rolling_time": "5 s"}]
).map(lambda window: {"rolling_sum": {"key": "k", "value": "x", "window": window}})


def _named(steps: list[Step], folder: Path) -> list[Step]:
    """Return the steps with a new column for each result."""
    for index, step in enumerate(steps):
        for name, keys in step.items():
            if name == "map":
                keys["to"] = f"r{index}"
            if name == "regression_scoring":
                keys |= {"to": f"r{index}", "version_to": f"v{index}", "model": str(folder / "model.json")}
    return steps


@pytest.mark.slow
@examples(12)
@given(data=st.data(), rows=ROWS)
def test_flink_equals_the_reference(cluster: MiniCluster, files: Path, data: st.DataObject, rows: Any) -> None:
    """A window is the last step: Flink and the reference may emit the windows of several keys in another order."""
    first = data.draw(st.lists(STATELESS | DEDUP, min_size=1, max_size=2))
    last = data.draw(STATELESS | DEDUP | WINDOW)
    steps = _named([*map(dict, first), dict(last)], files)
    assert_same(cluster, pipeline(steps, COLUMNS, rows, EVENT_TIME))
