from __future__ import annotations

from typing import Any

from equivalence import EVENT_TIME, assert_same, examples, pipeline
from hypothesis import given
from hypothesis import strategies as st
from strategies import COLUMNS, ROWS

from penstock.scripts.local.mini_cluster import MiniCluster


@examples(15)
@given(
    rows=ROWS,
    key=st.sampled_from(["k", ["k", "s"], "n"]),
    keep=st.sampled_from(["first", "last"]),
    by=st.sampled_from(["arrival", "processing_time", "event_time"]),
)
def test_flink_equals_the_reference(cluster: MiniCluster, rows: Any, key: Any, keep: str, by: str) -> None:
    assert_same(
        cluster, pipeline({"dedup": {"key": key, "keep": keep, "by": by, "ttl": "never"}}, COLUMNS, rows, EVENT_TIME)
    )
