from __future__ import annotations

from typing import Any

import pytest
from equivalence import EVENT_TIME, assert_same, examples, pipeline
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import COLUMNS, ROWS

from penstock.scripts.local.mini_cluster import MiniCluster

AGGREGATES: dict[str, Any] = {
    "n_sum": {"sum": "n"},
    "x_sum": {"sum": "x"},
    "n_min": {"min": "n"},
    "x_max": {"max": "x"},
    "s_min": {"min": "s"},
    "row_count": {"count": "*"},
    "x_count": {"count": "x"},
    "n_kinds": {"distinct_count": "n"},
    "s_kinds": {"distinct_count": "s"},
    "x_mean": {"mean": "x"},
    "x_variance": {"variance": "x"},
    "x_deviation": {"standard_deviation_population": "x"},
}
WINDOWS = st.one_of(
    st.integers(1, 20).map(lambda s: {"tumble": f"{s} s"}),
    st.tuples(st.integers(1, 5), st.integers(1, 4)).map(
        lambda p: {"hop": {"size": f"{p[0] * p[1]} s", "slide": f"{p[0]} s"}}
    ),
    st.tuples(st.integers(1, 5), st.integers(1, 4)).map(
        lambda p: {"cumulate": {"size": f"{p[0] * p[1]} s", "step": f"{p[0]} s"}}
    ),
    st.integers(1, 8).map(lambda s: {"session": f"{s} s"}),
    st.integers(1, 5).map(lambda c: {"count": c}),
    st.integers(1, 5).map(lambda c: {"rolling_rows": c}),
    st.integers(1, 10).map(lambda s: {"rolling_time": f"{s} s"}),
    st.just({"rolling_all": True}),
)


@examples(40)
@given(
    window=WINDOWS,
    rows=ROWS,
    key=st.sampled_from(["all rows", "k", ["k", "s"]]),
    chosen=st.sets(st.sampled_from(sorted(AGGREGATES)), min_size=1),
)
def test_flink_equals_the_reference(cluster: MiniCluster, window: Any, rows: Any, key: Any, chosen: set[str]) -> None:
    job = {"key": key, "window": window, "aggregates": {name: AGGREGATES[name] for name in sorted(chosen)}}
    assume(
        "session" not in window or "s" not in key or not chosen & {"s_min", "s_kinds"}
    )  # an error, see the test below
    assert_same(cluster, pipeline({"rolling_sum": job}, COLUMNS, rows, EVENT_TIME))


def test_an_aggregate_of_a_key_column_in_a_session_window_is_an_error() -> None:
    job = {"key": ["k", "s"], "window": {"session": "7 s"}, "aggregates": {"least": {"min": "s"}}}
    with pytest.raises(AssertionError, match=r"'least', 'min'.*which is also a key column"):
        pipeline({"rolling_sum": job}, COLUMNS, [], EVENT_TIME)
