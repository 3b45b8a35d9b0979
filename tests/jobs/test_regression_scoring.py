from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from equivalence import assert_same, examples, pipeline
from hypothesis import given
from hypothesis import strategies as st

from penstock.scripts.local.mini_cluster import MiniCluster

VALUE = st.none() | st.floats(-1e6, 1e6) | st.sampled_from([0.0, -0.0])
COLUMNS = {"id": "int", "x": "double", "n": "bigint", "f": "float", "y": "double"}
ROW = {
    "id": st.integers(0, 9),
    "x": VALUE,
    "n": st.none() | st.integers(-(2**40), 2**40),
    "f": st.none() | st.floats(-1e3, 1e3, width=32),
    "y": VALUE,
}
ROWS = st.lists(st.fixed_dictionaries(ROW), max_size=50)


@examples(12)
@given(
    rows=ROWS,
    kind=st.sampled_from(["linear", "logistic", "linear_svm"]),
    weights=st.lists(st.floats(-3, 3), min_size=3, max_size=3),
    missing=st.sampled_from(["null", "default", "dead_letter"]),
)
def test_flink_equals_the_reference(
    cluster: MiniCluster,
    tmp_path_factory: pytest.TempPathFactory,
    rows: Any,
    kind: str,
    weights: list[float],
    missing: str,
) -> None:
    file = tmp_path_factory.mktemp("model") / "model.json"
    model = {"kind": kind, "version": "v1", "features": ["x", "count", "f"], "coefficients": weights, "intercept": 0.5}
    file.write_text(json.dumps(model), encoding="utf-8")
    job: dict[str, Any] = {"model": str(file), "columns_of": {"count": "n"}, "label": "y", "missing": missing}
    if missing == "default":
        job["defaults"] = {"x": 1.5, "count": 2.0, "f": 0.25}
    assert_same(cluster, pipeline({"regression_scoring": job}, COLUMNS, rows))


def test_nan_and_infinite_features_follow_arithmetic(cluster: MiniCluster, tmp_path: Path) -> None:
    file = tmp_path / "model.json"
    file.write_text('{"version": "1", "features": ["x"], "coefficients": [2.0], "intercept": 1.0}', encoding="utf-8")
    rows = [
        {"id": 1, "x": value, "n": None, "f": None, "y": None} for value in (float("nan"), float("inf"), -float("inf"))
    ]
    assert_same(cluster, pipeline({"regression_scoring": {"model": str(file)}}, COLUMNS, rows))
