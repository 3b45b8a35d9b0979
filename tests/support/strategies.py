"""Strategies for rows with edge cases: NULL, NaN, infinities, empty and non-ASCII texts, large integers, equal and unordered times."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from hypothesis import strategies as st

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
COLUMNS = {"k": "string", "n": "bigint", "x": "double", "s": "string", "at": "timestamp_ltz(3)"}
TIMESTAMPS = st.integers(0, 60_000).map(lambda ms: START + timedelta(milliseconds=ms)) | st.integers(0, 60).map(
    lambda s: START + timedelta(seconds=s)
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "k": st.sampled_from(["a", "b", "", None]),
            "n": st.none() | st.integers(-5, 5) | st.integers(-(2**63), 2**63 - 1),
            "x": st.none()
            | st.integers(-1000, 1000).map(lambda v: v / 4)
            | st.sampled_from([float("nan"), float("inf"), -0.0]),
            "s": st.none() | st.sampled_from(["", "é", "\U0001f600", "z", "Z"]),
            "at": TIMESTAMPS,
        }
    ),
    max_size=40,
)
