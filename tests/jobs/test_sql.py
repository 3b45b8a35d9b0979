from __future__ import annotations

from typing import Any

import pytest
from equivalence import pipeline

from penstock.connectors.config.problems import Problem
from penstock.scripts.local.mini_cluster import MiniCluster
from penstock.scripts.testing.compute import by_flink

ROWS = [{"user": "a", "amount": 1}, {"user": "a", "amount": 2}, {"user": "b", "amount": 4}]
COLUMNS = {"user": "string", "amount": "bigint"}


def sql(query: str, columns: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"sql": {"query": query, "columns": columns, **more}}


def test_upsert_rows_end_with_the_last_row_of_each_key(cluster: MiniCluster) -> None:
    job = sql(
        "SELECT `user`, SUM(amount) AS total FROM records GROUP BY `user`",
        {"user": "string", "total": "bigint"},
        replaces=["user"],
    )
    output = by_flink(pipeline(job, COLUMNS, ROWS), cluster)
    assert sorted((row["user"], row["total"]) for row in output.rows) == [("a", 3), ("b", 4)]


def test_columns_that_the_query_does_not_return_are_an_error(cluster: MiniCluster) -> None:
    with pytest.raises(Problem) as caught:
        by_flink(pipeline(sql("SELECT `user` FROM records", {"name": "string"}), COLUMNS, ROWS), cluster)
    assert (caught.value.path, caught.value.allowed) == (("job", 0, "sql", "columns"), "user")


@pytest.mark.parametrize(
    ("query", "at", "found", "do"),
    [
        ("SELECT FORM records", (1, 8), "Column 'FORM' not found in any table", "correct the name"),
        ("SELECT `user`,\n  amont\nFROM records", (2, 3), "Column 'amont' not found in any table", '"amount"'),
        ("SELECT amount FROM record", (1, 20), "Object 'record' not found", '"records"'),
        ("SELECT amount,\n  time\nFROM records", (2, 3), 'the column "time" without backticks', "write `time`"),
        ("SELECT amount FROM records WHERE date = 'a'", (1, 34), 'the column "date" without', "write `date`"),
        ("SELECT amount FROM records WHERE amount = 1 AND time > 3", (1, 49), 'the column "time" without', "write `time`"),
        ("SELECT 'user', -- user\n user FROM records", (2, 2), 'the column "user" without backticks', "write `user`"),
        ("SELECT amount +\n FROM records", (1, 15), 'Encountered "+ FROM"', "correct the query"),
        ("SELECT UPER(`time`) FROM records", (1, 8), "No match found for function signature UPER", "correct the query"),
    ],
)  # fmt: skip
def test_an_error_of_flink_in_a_query_is_reported_with_its_position(
    cluster: MiniCluster, query: str, at: tuple[int, int], found: str, do: str
) -> None:
    columns = {**COLUMNS, "time": "string", "date": "string"}
    with pytest.raises(Problem) as caught:
        by_flink(pipeline(sql(query, {"a": "int"}), columns, []), cluster)
    problem = caught.value
    assert (problem.path, problem.at) == (("job", 0, "sql", "query"), at)
    assert found in problem.found
    assert do in problem.do


def test_reserved_words_need_no_backticks_after_the_name_of_a_table(cluster: MiniCluster) -> None:
    query = "SELECT records.amount, records.`user` AS `user` FROM records"
    output = by_flink(pipeline(sql(query, {"amount": "bigint", "user": "string"}), COLUMNS, ROWS), cluster)
    assert len(output.rows) == 3
