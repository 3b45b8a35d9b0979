from __future__ import annotations

import unicodedata
from datetime import datetime, timezone
from typing import Any

import pytest
from equivalence import assert_same, pipeline
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.scripts.local.mini_cluster import MiniCluster
from penstock.udfs.functions import FUNCTIONS, Function

TEXTS = [name for name, function in FUNCTIONS.items() if "string" in function.results]
TEXT = (
    st.none()
    | st.text(st.characters(exclude_categories=["Cs", "Cn"]), max_size=8)
    | st.sampled_from(["", " a ", "ß", "Σας", "İI", "ﬁ", "e\u0301"])
)


@settings(max_examples=5)
@given(values=st.lists(TEXT, min_size=50, max_size=200))
def test_text_functions_in_flink_equal_python(cluster: MiniCluster, values: list[str | None]) -> None:
    steps = [{"map": {"function": name, "of": "text", "to": f"r_{name}"}} for name in TEXTS]
    assert_same(cluster, pipeline(steps, {"text": "string"}, [{"text": value} for value in values]))


def test_a_function_may_return_a_boolean(cluster: MiniCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = Function("Whether the text is empty.", {"string": "boolean"}, lambda v: v == "", lambda e: e == "")
    monkeypatch.setitem(FUNCTIONS, "is_empty", empty)
    step = {"map": {"function": "is_empty", "of": "text", "to": "empty"}}
    rows = assert_same(cluster, pipeline([step], {"text": "string"}, [{"text": t} for t in ("", "a", None)])).rows
    assert [row["empty"] for row in rows] == [True, False, None]


NUMBERS: dict[str, Any] = {
    "int": st.integers(-(2**31), 2**31 - 1) | st.sampled_from([-(2**31), 2**31 - 1]),
    "bigint": st.integers(-(2**63), 2**63 - 1) | st.sampled_from([-(2**63), 2**63 - 1]),
    "double": st.floats() | st.sampled_from([0.0, -0.0, float("nan"), float("inf"), 1.7976931348623157e308, 5e-324]),
    "float": st.floats(width=32),
}


@settings(max_examples=3)
@pytest.mark.parametrize("kind", sorted(NUMBERS))
@given(data=st.data())
def test_number_functions_in_flink_equal_python(cluster: MiniCluster, kind: str, data: st.DataObject) -> None:
    names = [name for name, function in FUNCTIONS.items() if kind in function.results]
    values = data.draw(st.lists(st.none() | NUMBERS[kind], min_size=20, max_size=100))
    steps = [{"map": {"function": name, "of": "value", "to": f"r_{name}"}} for name in names]
    assert_same(cluster, pipeline(steps, {"value": kind}, [{"value": value} for value in values]))


TIMES = {
    "timestamp(3)": st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59)),
    "timestamp_ltz(3)": st.datetimes(
        datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59), timezones=st.just(timezone.utc)
    ),
}


@settings(max_examples=3)
@pytest.mark.parametrize("kind", sorted(TIMES))
@given(data=st.data())
def test_time_functions_in_flink_equal_python(cluster: MiniCluster, kind: str, data: st.DataObject) -> None:
    times = TIMES[kind].map(lambda value: value.replace(microsecond=value.microsecond // 1000 * 1000))
    values = data.draw(st.lists(st.none() | times, min_size=20, max_size=100))
    steps = [{"map": {"function": name, "of": "value", "to": name}} for name in ("date", "hour")]
    assert_same(cluster, pipeline(steps, {"value": kind}, [{"value": value} for value in values]))


@pytest.mark.slow
def test_upper_and_lower_case_of_every_character(cluster: MiniCluster) -> None:
    """Promised for Unicode 13, which Java 17 and Python 3.10 know. Later versions add characters and change no case."""
    texts = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) not in ("Cn", "Cs", "Co")]
    rows = [{"text": text} for text in texts if text not in _NEWER]
    steps = [{"map": {"function": name, "of": "text", "to": name}} for name in ("upper", "lower")]
    given_rows = assert_same(cluster, pipeline(steps, {"text": "string"}, rows)).rows
    assert len(given_rows) > 130_000


# Cased letters that were added in Unicode 14 (2021) and 15 (2022). A runtime of an earlier version leaves them unchanged.
_NEWER = {
    chr(code)
    for first, last in ((0x2C2F, 0x2C2F), (0x2C5F, 0x2C5F), (0xA7C0, 0xA7C1), (0xA7D0, 0xA7D9), (0x10570, 0x105BC))
    for code in range(first, last + 1)
}
