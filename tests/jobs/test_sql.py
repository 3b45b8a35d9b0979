from __future__ import annotations

from typing import Any

import pytest
from equivalence import pipeline

from connectors.problems import RunError
from scripts.local.shared import SharedCluster
from scripts.testing.compute import by_flink

ROWS = [{"user": "a", "amount": 1}, {"user": "a", "amount": 2}, {"user": "b", "amount": 4}]
COLUMNS = {"user": "string", "amount": "bigint"}


def sql(query: str, columns: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"sql": {"query": query, "columns": columns, **more}}


def test_rows_that_replace_earlier_ones_end_as_the_last(cluster: SharedCluster) -> None:
    job = sql(
        "SELECT `user`, SUM(amount) AS total FROM records GROUP BY `user`",
        {"user": "string", "total": "bigint"},
        replaces=["user"],
    )
    given = by_flink(pipeline(job, COLUMNS, ROWS), cluster)
    assert sorted((row["user"], row["total"]) for row in given.rows) == [("a", 3), ("b", 4)]


def test_columns_that_the_query_does_not_give_are_said(cluster: SharedCluster) -> None:
    with pytest.raises(RunError) as caught:
        by_flink(pipeline(sql("SELECT `user` FROM records", {"name": "string"}), COLUMNS, ROWS), cluster)
    assert str(caught.value).splitlines()[1:3] == ["  found    user", "  allowed  name"]


def test_a_query_that_does_not_parse_is_said(cluster: SharedCluster) -> None:
    with pytest.raises(RunError, match=r"FORM|records"):
        by_flink(pipeline(sql("SELECT FORM records", {"a": "int"}), COLUMNS, ROWS), cluster)
