from __future__ import annotations

from typing import Any

import pytest

from penstock.scripts.cluster.changes import changed

FILTER = {"uppercase_filter": {"column": "customer"}}
DEDUP = {"dedup": {"key": ["id"], "keep": "first"}}


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ([DEDUP], [FILTER, DEDUP], ["  + step 1 uppercase_filter: column customer"]),
        ([FILTER, DEDUP], [FILTER], ['  - step 2 dedup: key ["id"], keep first']),
        (
            [FILTER],
            [{"sql": {}}, {"map": {"to": "b"}}],
            ["  - step 1 uppercase_filter: column customer", "  + step 1 sql", "  + step 2 map: to b"],
        ),
    ],
)
def test_steps_that_were_added_or_removed_are_shown_one_by_one(old: Any, new: Any, lines: list[str]) -> None:
    assert changed("job", old, new) == lines


def test_items_that_are_no_plug_ins_are_shown_as_json_and_ten_at_most() -> None:
    rows = [{"a": number, "b": 1} for number in range(12)]
    lines = changed("source.values.rows", rows, [])
    assert lines[0] == '  - source.values.rows 1 {"a": 0, "b": 1}'
    assert lines[10:] == ["  ~ source.values.rows: 2 more changes"]


def test_other_values_are_shown_as_a_whole() -> None:
    assert changed("x", ["a"], ["a", "b"]) == ['  ~ x: ["a"] -> ["a", "b"]']
    assert changed("job.dedup.ttl", "1 h", None) == ["  ~ job.dedup.ttl: 1 h -> nothing"]


def test_long_texts_are_shown_around_the_place_where_they_differ() -> None:
    query = "SELECT id, customer, SUM(amount) AS total FROM orders GROUP BY id, customer HAVING SUM(amount) > "
    [line] = changed("job.0.sql.query", f"{query}100 AND TRUE", f"{query}200 AND TRUE")
    assert line == (
        "  ~ job.0.sql.query: ...customer HAVING SUM(amount) > 100 AND TRUE -> ...customer HAVING SUM(amount) > 200 AND TRUE"
    )
    [line] = changed("x", None, "a" * 101)
    assert line == f"  ~ x: nothing -> {'a' * 97}..."
